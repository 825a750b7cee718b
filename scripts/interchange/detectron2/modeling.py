"""ResNet with a feature pyramid."""
import sys
from types import SimpleNamespace

from torch import nn
from torch.nn.functional import interpolate, max_pool2d, relu

from .layers import Conv2d

BLOCKS = {18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3],
          152: [3, 8, 36, 3]}


class Bottleneck(nn.Module):
    def __init__(self, inputs, outputs, width, stride, groups, dilation, stride_in_1x1):
        super().__init__()
        first, second = (stride, 1) if stride_in_1x1 else (1, stride)
        if inputs != outputs:
            self.shortcut = Conv2d(inputs, outputs, 1, stride)
        self.conv1 = Conv2d(inputs, width, 1, first)
        self.conv2 = Conv2d(width, width, 3, second, dilation, groups)
        self.conv3 = Conv2d(width, outputs, 1)

    def forward(self, x):
        y = self.conv3(relu(self.conv2(relu(self.conv1(x)))))
        return relu(y + (self.shortcut(x) if hasattr(self, "shortcut") else x))


class Stem(nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.conv1 = Conv2d(3, outputs, 7, 2)

    def forward(self, x):
        return max_pool2d(relu(self.conv1(x)), 3, 2, 1)


class ResNet(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.stem = Stem(cfg.STEM_OUT_CHANNELS)
        inputs, outputs = cfg.STEM_OUT_CHANNELS, cfg.RES2_OUT_CHANNELS
        width = cfg.NUM_GROUPS * cfg.WIDTH_PER_GROUP
        if cfg.DEPTH < 50:
            raise ValueError("basic blocks are not part of this stand-in")
        for stage, count in enumerate(BLOCKS[cfg.DEPTH]):
            dilation = cfg.RES5_DILATION if stage == 3 else 1
            stride = 1 if stage == 0 or dilation == 2 else 2
            blocks = []
            for index in range(count):
                blocks.append(Bottleneck(inputs, outputs, width, stride if index == 0 else 1,
                                         cfg.NUM_GROUPS, dilation, cfg.STRIDE_IN_1X1))
                inputs = outputs
            setattr(self, f"res{stage + 2}", nn.Sequential(*blocks))
            outputs, width = 2 * outputs, 2 * width

    def forward(self, x):
        x = self.stem(x)
        maps = []
        for stage in (2, 3, 4, 5):
            x = getattr(self, f"res{stage}")(x)
            maps.append(x)
        return maps


class FPN(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.bottom_up = ResNet(cfg.RESNETS)
        self.channels = cfg.FPN.OUT_CHANNELS
        self.average = cfg.FPN.FUSE_TYPE == "avg"
        for stage in (2, 3, 4, 5):
            inputs = cfg.RESNETS.RES2_OUT_CHANNELS * 2 ** (stage - 2)
            setattr(self, f"fpn_lateral{stage}", Conv2d(inputs, self.channels, 1, norm=False))
            setattr(self, f"fpn_output{stage}", Conv2d(self.channels, self.channels, 3, norm=False))

    def output_shape(self):
        return {"p2": SimpleNamespace(channels=self.channels, stride=4)}

    def forward(self, x):
        maps = self.bottom_up(x)
        top = self.fpn_lateral5(maps[3])
        for stage in (4, 3, 2):
            lateral = getattr(self, f"fpn_lateral{stage}")(maps[stage - 2])
            top = lateral + interpolate(top, scale_factor=2.0, mode="nearest")
            top = top / 2 if self.average else top
        return {"p2": self.fpn_output2(top)}


META_ARCH_REGISTRY = {"GeneralizedRCNN": lambda cfg: SimpleNamespace(backbone=FPN(cfg.MODEL))}
# The Python library names the class `detectron2.modeling.backbone.FPN`.
backbone = sys.modules[__name__]
