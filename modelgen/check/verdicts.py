"""What each rule may say of each surface: wire, json, source, behaviour. `-` is safe, `w` a warning, `B` breaking.

Two letters where it hangs on something: on the side that reaches the element, on the numbers, on what the types hold.
Where a type changed and presence with it, as the message says then, each may be graver.
"""

from __future__ import annotations

from collections.abc import Mapping

from modelgen.check.change import SURFACES, Surface, Verdict

_LETTERS: Mapping[str, Verdict] = {"-": "safe", "w": "warning", "B": "breaking"}

_ROWS = """
constraint-added         -    -wB  -    -wB
constraint-tightened     -    -wB  -    -wB
constraint-loosened      -    -w   -    -w
pattern-changed          -    -w   -    -w
limits-changed           -    w    -    w
description-changed      -    w    -    -
type-changed             B    -B   B    -
type-widened             B    -B   w    w
type-narrowed            B    -B   w    B
integer-type-changed     -B   -B   w    -
cardinality-changed      B    B    B    -
element-type-changed     B    B    B    -
map-key-type-changed     B    B    B    -
map-value-type-changed   B    B    B    -
message-changed          B    B    B    -
union-member-added       -B   -w   -w   -
union-member-removed     B    -B   B    -B
union-introduced         wB   -B   w    -
union-collapsed          B    -B   w    -B
oneof-renamed            B    -    w    -
tensor-dtype-changed     -wB  -w   -w   -B
tensor-shape-changed     -B   -B   -    -B
enum-value-added         -    -w   -w   -w
enum-value-removed       -B   -B   B    -B
enum-value-renamed       -B   -    B    -
enum-json-value-changed  -    B    -    w
enum-opened              B    -w   B    -
enum-closed              B    -B   B    -B
enum-renamed             -    -    B    -
field-added-optional     -    -B   -    -
field-added-required     -    -B   -wB  -B
field-removed            -    B    B    -wB
field-renamed            -B   -B   B    -
field-became-required    -wB  -B   -wB  -B
field-became-optional    -wB  -B   -w   -w
param-role-changed       -    B    -    -
nullable-added           -wB  -B   -w   -w
nullable-removed         -B   -B   -w   -w
default-changed          -wB  -    -w   -w
alias-changed            -    -B   w    -
method-removed           B    B    B    -
method-unrepresentable   B    B    B    -
method-renamed           B    B    B    -
method-added             -    -    -    -
method-stream-changed    B    B    B    -
return-type-changed      B    B    B    -
route-changed            B    B    B    -
operation-id-changed     -    -    B    -
schema-name-changed      -    -    B    -
sync-async-changed       -    -    w    -
param-kind-changed       -    -    w    -
param-order-changed      -    -    wB   -
error-code-changed       B    B    w    w
error-added              -    w    w    w
package-changed          B    B    B    -
module-removed           B    B    B    -
module-renamed           -B   -B   B    -
import-path-removed      -    -    B    -
module-added             -    -    -    -
pin-number-moved         B    -    -    -
pin-number-reused        B    -    -    -
pin-duplicate-number     B    -    -    -
pin-reserved-dropped     B    -    -    -
pin-out-of-range         B    -    -    -
contract-edited          B    -    -    -
pin-name-reused          w    -    -    -
contract-stale           -    -    -    -
"""


def _row(line: str) -> tuple[str, Mapping[Surface, tuple[Verdict, ...]]]:
    code, *cells = line.split()
    return code, {
        surface: tuple(_LETTERS[letter] for letter in cell) for surface, cell in zip(SURFACES, cells, strict=True)
    }


VERDICTS: Mapping[str, Mapping[Surface, tuple[Verdict, ...]]] = dict(map(_row, _ROWS.strip().splitlines()))
"""Rule -> surface -> every verdict that it gives, the mildest first."""
