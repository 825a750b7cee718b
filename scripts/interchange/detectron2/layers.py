"""Convolution with a frozen norm behind it."""
import sys

import torch
from torch import nn


class FrozenBatchNorm2d(nn.Module):
    def __init__(self, num_features, eps=1e-5):
        super().__init__()
        self.num_features, self.eps = num_features, eps
        self.register_buffer("weight", torch.ones(num_features))
        self.register_buffer("bias", torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features) - eps)

    def forward(self, x):
        return nn.functional.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, False, eps=self.eps)


class Conv2d(nn.Conv2d):
    """`nn.Conv2d` whose norm is its own attribute, so that keys read `conv1.norm.weight`."""

    def __init__(self, inputs, outputs, kernel, stride=1, dilation=1, groups=1, norm=True):
        super().__init__(inputs, outputs, kernel, stride, dilation * (kernel // 2), dilation, groups,
                         bias=not norm)
        if norm:
            self.norm = FrozenBatchNorm2d(outputs)

    def forward(self, x):
        x = super().forward(x)
        return self.norm(x) if hasattr(self, "norm") else x


# The Python library reaches the norm by this path as well.
batch_norm = sys.modules[__name__]
