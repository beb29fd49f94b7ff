"""What the shipped weights know, and how a classifier trains, saves and refuses."""

import numpy as np
import pytest
import torch
from digits import DigitClassifier
from digits.data import load_split


@pytest.fixture(scope="module")
def split():
    train_images, test_images, train_labels, test_labels = load_split()
    return train_images, torch.from_numpy(test_images).float(), train_labels, torch.from_numpy(test_labels)


@pytest.fixture(scope="module")
def model():
    return DigitClassifier()


def test_shipped_weights_read_unseen_digits(model, split):
    _, images, _, labels = split
    accuracy = (model.run_images(images).argmax(dim=1) == labels).float().mean()
    assert accuracy > 0.97


def test_probabilities_sum_to_one(model, split):
    probabilities = model.run(split[1][0])
    assert probabilities.shape == (10,)
    assert probabilities.dtype == torch.float32
    assert float(probabilities.sum()) == pytest.approx(1)


def test_many_images_are_each_by_itself(model, split):
    images = split[1][:5]
    together = model.run_images(images)
    torch.testing.assert_close(together, torch.stack([model.run(image) for image in images]))
    assert model.run_images(images[:0]).shape == (0, 10)


def test_top_names_the_most_likely(model, split):
    _, images, _, labels = split
    digit, score = model.run_top(images[0])
    assert digit == int(labels[0])
    assert score == pytest.approx(float(model.run(images[0])[digit]))


def test_heatmap_is_what_covering_a_pixel_costs(model, split):
    image = split[1][0]
    digit, _ = model.run_top(image)
    heatmap = model.run_heatmap(image)
    covered = image.clone()
    covered[3, 4] = 0
    expected = model.run(image)[digit] - model.run(covered)[digit]
    assert float(heatmap[3, 4]) == pytest.approx(float(expected), abs=1e-5)
    assert torch.equal(heatmap, model.run_heatmap(image, digit=digit, fill="paper"))
    assert not torch.equal(heatmap, model.run_heatmap(image, fill="ink"))


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (torch.zeros(8, 7), "8 by 8"),
        (torch.zeros(64), "8 by 8"),
        (torch.full((8, 8), 17.0), "from 0 to 16"),
        (torch.full((8, 8), -1.0), "from 0 to 16"),
        (torch.full((8, 8), float("nan")), "from 0 to 16"),
    ],
)
def test_other_images_are_refused(model, image, message):
    with pytest.raises(ValueError, match=message):
        model.run(image)


def test_heatmap_refuses_what_it_does_not_know(model):
    with pytest.raises(ValueError, match="digit must be from 0 to 9"):
        model.run_heatmap(torch.zeros(8, 8), digit=10)
    with pytest.raises(ValueError, match="fill must be one of"):
        model.run_heatmap(torch.zeros(8, 8), fill="glue")


def test_training_is_repeatable_and_learns(split):
    train_images, images, train_labels, labels = split
    before = torch.random.get_rng_state()
    first = DigitClassifier.train(train_images[:500], train_labels[:500], epochs=8)
    second = DigitClassifier.train(train_images[:500], train_labels[:500], epochs=8)
    torch.testing.assert_close(first.run_images(images), second.run_images(images))
    assert (first.run_images(images).argmax(dim=1) == labels).float().mean() > 0.8
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize(
    ("images", "labels"), [(np.zeros((2, 8, 8)), None), (None, np.zeros(2)), (np.zeros((2, 8, 8)), np.zeros(3))]
)
def test_training_refuses_images_without_their_labels(images, labels):
    with pytest.raises(ValueError, match="go together"):
        DigitClassifier.train(images, labels)


def test_a_saved_model_answers_alike(model, split, tmp_path):
    fresh = DigitClassifier(pretrained=False)
    fresh.save(str(tmp_path / "model.pt"))
    restored = DigitClassifier.load(str(tmp_path / "model.pt"))
    image = split[1][0]
    assert torch.equal(restored.run(image), fresh.run(image))
    assert not torch.equal(restored.run(image), model.run(image))
