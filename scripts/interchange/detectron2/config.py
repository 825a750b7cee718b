"""detectron2's configuration, as far as the backbone reads it: its defaults, not the paper's."""


class Node:
    """Attributes; keys that nobody reads may be set all the same."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        node = Node()
        setattr(self, name, node)
        return node


def get_cfg():
    cfg = Node()
    cfg.MODEL.META_ARCHITECTURE = "GeneralizedRCNN"
    cfg.MODEL.PIXEL_MEAN = [103.53, 116.28, 123.675]
    cfg.MODEL.PIXEL_STD = [1.0, 1.0, 1.0]
    resnets = cfg.MODEL.RESNETS
    resnets.DEPTH = 50
    resnets.NUM_GROUPS = 1
    resnets.WIDTH_PER_GROUP = 64
    resnets.STRIDE_IN_1X1 = True
    resnets.RES5_DILATION = 1
    resnets.RES2_OUT_CHANNELS = 256
    resnets.STEM_OUT_CHANNELS = 64
    cfg.MODEL.FPN.OUT_CHANNELS = 256
    cfg.MODEL.FPN.FUSE_TYPE = "sum"
    return cfg
