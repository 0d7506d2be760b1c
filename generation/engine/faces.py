"""Faces in a photo: YuNet's boxes, so that no crop ever cuts one."""

import numpy as np
from PIL import Image

from generation.engine import models
from generation.engine.pixels import Box, Pixels, Raster, floats

MODEL = "face_detection_yunet_2023mar"
NET_SIDE = 640
STRIDES = (8, 16, 32)
SURE_ENOUGH = 0.7
SMALLEST = 0.05  # of the longer side: smaller faces are passers-by


def main_face(photo: Raster) -> Box | None:
    """The largest face that is surely one."""
    scale = NET_SIDE / max(photo.size)
    found = [box for box in _boxes(photo, scale) if box.height > SMALLEST * max(photo.size)]
    return max(found, key=lambda box: box.width * box.height, default=None)


def _boxes(photo: Raster, scale: float) -> list[Box]:
    outputs = models.run(MODEL, _letterboxed(photo, scale))
    boxes: list[Box] = []
    for stride in STRIDES:
        boxes.extend(_boxes_of_stride(outputs, stride, scale))
    return boxes


def _letterboxed(photo: Raster, scale: float) -> Pixels:
    width, height = (max(1, int(side * scale)) for side in photo.size)
    canvas = np.zeros((NET_SIDE, NET_SIDE, 3), dtype=np.float32)
    small = photo.resize((width, height), Image.Resampling.BILINEAR)
    canvas[:height, :width] = floats(small)[..., ::-1]  # the net wants blue first
    return np.ascontiguousarray(canvas.transpose(2, 0, 1)[None])


def _boxes_of_stride(outputs: dict[str, Pixels], stride: int, scale: float) -> list[Box]:
    score = outputs[f"cls_{stride}"][0, :, 0] * outputs[f"obj_{stride}"][0, :, 0]
    columns = NET_SIDE // stride
    boxes = []
    for index in np.flatnonzero(np.sqrt(np.clip(score, 0, 1)) > SURE_ENOUGH):
        across, down, width, height = outputs[f"bbox_{stride}"][0, index]
        center_x, center_y = (index % columns + across) * stride, (index // columns + down) * stride
        half_x, half_y = np.exp(width) * stride / 2, np.exp(height) * stride / 2
        edges = (center_x - half_x, center_y - half_y, center_x + half_x, center_y + half_y)
        boxes.append(Box(*(int(edge / scale) for edge in edges)))
    return boxes
