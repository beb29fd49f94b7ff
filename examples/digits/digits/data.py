"""Scikit-learn's handwritten digits: 1797 images of 8 by 8 pixels, greys from 0 to 16."""


def load_split():
    """Load the images in two parts: four fifths to learn from, one fifth held out.

    Returns
    -------
    train_images, test_images : ndarray of shape (n_images, 8, 8)
    train_labels, test_labels : ndarray of shape (n_images,)
        In the order of scikit-learn's ``train_test_split``: train images, test images, train labels, test labels.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    return train_test_split(digits.images, digits.target, test_size=0.2, random_state=0, stratify=digits.target)
