"""The network and how it learns."""

import torch
from torch import nn


def make_network():
    """Make an untrained network: (n, 1, 8, 8) greys from 0 to 1 in, (n, 10) logits out.

    Returns
    -------
    network : torch.nn.Module
    """
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(128, 10),
    )


def fit(network, images, labels, epochs, learning_rate):
    """Train a network in place with Adam, on batches of 64 images in a random order.

    Parameters
    ----------
    network : torch.nn.Module
    images : torch.Tensor of shape (n_images, 1, 8, 8)
    labels : torch.Tensor of shape (n_images,)
    epochs : int
    learning_rate : float
        At the start; it falls to nothing along a cosine.
    """
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in range(epochs):
        for batch in torch.randperm(len(images)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(images[batch]), labels[batch]).backward()
            optimizer.step()
        schedule.step()
    network.eval()
