"""The network: five convolutions and global average pooling, about 100,000 parameters."""

import torch
from torch import Tensor, nn

WIDTH = 16
FEATURES = 4 * WIDTH


class SmallNet(nn.Module):
    """A small convolutional network for images of about 32x32 pixels.

    Args:
        classes: Number of outputs.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _convolution(3, WIDTH, 1),
            _convolution(WIDTH, 2 * WIDTH, 2),
            _convolution(2 * WIDTH, FEATURES, 2),
            _convolution(FEATURES, FEATURES, 1),
            _convolution(FEATURES, FEATURES, 2),
        )
        self.head = nn.Linear(FEATURES, classes)

    def features(self, x: Tensor) -> Tensor:
        """Return the penultimate activations.

        Args:
            x: Shape (n, 3, h, w), float, about zero mean.

        Returns:
            Shape (n, FEATURES).
        """
        pooled: Tensor = self.body(x).mean((2, 3))
        return pooled

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, shape (n, classes)."""
        logits: Tensor = self.head(self.features(x))
        return logits


def _convolution(inputs: int, outputs: int, stride: int) -> nn.Module:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def normalised(images: Tensor) -> Tensor:
    """Return uint8 images as floats in [-1, 1], same shape and memory format."""
    return images.to(torch.float32).mul_(2 / 255).sub_(1)
