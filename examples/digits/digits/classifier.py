"""Reads handwritten digits."""

from pathlib import Path

import numpy as np
import torch

from digits.data import load_split
from digits.network import fit, make_network

WEIGHTS = Path(__file__).with_name("weights.pt")


class DigitClassifier:
    """Reads handwritten digits of 8 by 8 pixels, greys from 0 (paper) to 16 (ink).

    Parameters
    ----------
    pretrained : bool, default=True
        Whether to start from the weights that come with the package, which read 98 of 100 unseen digits.
        Otherwise the weights are random.
    """

    def __init__(self, pretrained=True):
        self._network = make_network().eval()
        if pretrained:
            self._network.load_state_dict(torch.load(WEIGHTS, weights_only=True))

    def run(self, image):
        """Tell how likely each digit is.

        Parameters
        ----------
        image : torch.Tensor of shape (8, 8), dtype=float32
            Greys from 0 to 16.

        Returns
        -------
        probabilities : torch.Tensor of shape (10,), dtype=float32
            Of the digits 0 to 9.

        Raises
        ------
        ValueError
            If the image has another shape or other greys.
        """
        return self.run_images(image[None])[0]

    def run_images(self, images):
        """Tell how likely each digit is, for many images at once.

        Parameters
        ----------
        images : torch.Tensor of shape (n_images, 8, 8), dtype=float32
            Greys from 0 to 16.

        Returns
        -------
        probabilities : torch.Tensor of shape (n_images, 10), dtype=float32
            Of the digits 0 to 9.

        Raises
        ------
        ValueError
            If the images have another shape or other greys.
        """
        with torch.no_grad():
            return self._network(_prepare(images)).softmax(dim=1)

    def run_top(self, image):
        """Name the most likely digit.

        Parameters
        ----------
        image : torch.Tensor of shape (8, 8), dtype=float32
            Greys from 0 to 16.

        Returns
        -------
        digit : int
            From 0 to 9.
        score : float
            Its probability.
        """
        score, digit = self.run(image).max(dim=0)
        return int(digit), float(score)

    def run_heatmap(self, image, digit=None, fill="paper"):
        """Tell how much each pixel speaks for a digit: what its probability loses when the pixel is covered.

        Parameters
        ----------
        image : torch.Tensor of shape (8, 8), dtype=float32
            Greys from 0 to 16.
        digit : int, optional
            The digit to explain; the most likely one if not given.
        fill : {'paper', 'ink', 'mean'}, default='paper'
            What a pixel is covered with: white, black, or the mean of the image.

        Returns
        -------
        heatmap : torch.Tensor of shape (8, 8), dtype=float32
            Positive where the pixel speaks for the digit, negative where it speaks against it.

        Raises
        ------
        ValueError
            If there is no such digit or filling, or the image has another shape or other greys.
        """
        probabilities = self.run(image)
        if digit is None:
            digit = int(probabilities.argmax())
        if not 0 <= digit <= 9:
            raise ValueError(f"digit must be from 0 to 9, not {digit}")
        covers = {"paper": 0.0, "ink": 16.0, "mean": float(image.mean())}
        if fill not in covers:
            raise ValueError(f"fill must be one of {', '.join(covers)}, not {fill!r}")
        covered = torch.where(torch.eye(64, dtype=torch.bool).reshape(64, 8, 8), covers[fill], image)
        return (probabilities[digit] - self.run_images(covered)[:, digit]).reshape(8, 8)

    @classmethod
    def train(cls, images=None, labels=None, epochs=30, learning_rate=0.003, seed=0):
        """Learn to read digits, in a few seconds.

        Parameters
        ----------
        images : ndarray of shape (n_images, 8, 8), dtype=float32, optional
            Greys from 0 to 16; scikit-learn's digits if not given, without the fifth that is held out for tests.
        labels : ndarray of shape (n_images,), dtype=int64, optional
            The digit of each image.
        epochs : int, default=30
            Passes over the images.
        learning_rate : float, default=0.003
            Step size of Adam at the start.
        seed : int, default=0
            Of the first weights and the order of the images.

        Returns
        -------
        model : DigitClassifier

        Raises
        ------
        ValueError
            If images come without labels or labels without images, or not as many of one as of the other.
        """
        if images is None and labels is None:
            images, _, labels, _ = load_split()
        if images is None or labels is None or len(images) != len(labels):
            raise ValueError("images and labels go together: give one label for each image, or neither")
        inputs = _prepare(torch.from_numpy(np.array(images, dtype=np.float32)))
        targets = torch.from_numpy(np.array(labels, dtype=np.int64))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = cls(pretrained=False)
            fit(model._network, inputs, targets, epochs, learning_rate)
        return model

    def save(self, path):
        """Write the weights to a file.

        Parameters
        ----------
        path : str
        """
        torch.save(self._network.state_dict(), path)

    @classmethod
    def load(cls, path):
        """Read a model that `save` wrote.

        Parameters
        ----------
        path : str

        Returns
        -------
        model : DigitClassifier
        """
        model = cls(pretrained=False)
        model._network.load_state_dict(torch.load(path, weights_only=True))
        return model


def _prepare(images):
    """Check images and turn them into what the network reads."""
    if images.ndim != 3 or images.shape[1:] != (8, 8):
        raise ValueError(f"an image has 8 by 8 pixels; the shape was {tuple(images.shape[1:])}")
    if not bool(((images >= 0) & (images <= 16)).all()):
        raise ValueError("greys go from 0 to 16")
    return images[:, None].float() / 16
