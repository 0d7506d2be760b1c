"""Faces in a photo: YuNet's boxes, so that no crop ever cuts one, and its five landmarks."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from generation.engine import models
from generation.engine.pixels import Box, Pixels, Raster, floats

MODEL = "face_detection_yunet_2023mar"
NET_SIDE = 640
STRIDES = (8, 16, 32)
SURE_ENOUGH = 0.7
SMALLEST = 0.05  # of the longer side: smaller faces are passers-by
SAME_FACE = 0.3  # of both boxes together: what two boxes of one face have in common


@dataclass(frozen=True, slots=True)
class Face:
    """Landmarks are the eyes, the nose and the corners of the mouth, each left in the photo first;
    a box may reach beyond the photo."""

    box: Box
    landmarks: tuple[tuple[float, float], ...]
    sureness: float


def main_face(photo: Raster) -> Box | None:
    """The largest face that is surely one."""
    boxes = [face.box for face in _candidates(photo)]
    found = [box for box in boxes if box.height > SMALLEST * max(photo.size)]
    return max(found, key=_area, default=None)


def all_faces(photo: Raster) -> list[Face]:
    """Every face that is surely one, each once, the largest first."""
    faces: list[Face] = []
    for face in sorted(_candidates(photo), key=lambda one: -one.sureness):
        if all(_shared(face.box, kept.box) < SAME_FACE for kept in faces):
            faces.append(face)
    return sorted(faces, key=lambda one: -_area(one.box))


def _area(box: Box) -> int:
    return box.width * box.height


def _shared(first: Box, second: Box) -> float:
    width = min(first.right, second.right) - max(first.left, second.left)
    height = min(first.bottom, second.bottom) - max(first.top, second.top)
    common = max(0, width) * max(0, height)
    return common / max(1, _area(first) + _area(second) - common)


def _candidates(photo: Raster) -> list[Face]:
    scale = NET_SIDE / max(photo.size)
    outputs = models.run(MODEL, _letterboxed(photo, scale))
    return [face for stride in STRIDES for face in _faces_of_stride(outputs, stride, scale)]


def _letterboxed(photo: Raster, scale: float) -> Pixels:
    width, height = (max(1, int(side * scale)) for side in photo.size)
    canvas = np.zeros((NET_SIDE, NET_SIDE, 3), dtype=np.float32)
    small = photo.resize((width, height), Image.Resampling.BILINEAR)
    canvas[:height, :width] = floats(small)[..., ::-1]  # the net wants blue first
    return np.ascontiguousarray(canvas.transpose(2, 0, 1)[None])


def _faces_of_stride(outputs: dict[str, Pixels], stride: int, scale: float) -> list[Face]:
    score = outputs[f"cls_{stride}"][0, :, 0] * outputs[f"obj_{stride}"][0, :, 0]
    sureness = np.sqrt(np.clip(score, 0, 1))
    columns = NET_SIDE // stride
    faces = []
    for index in np.flatnonzero(sureness > SURE_ENOUGH):
        cell = np.array((index % columns, index // columns))
        across, down, width, height = outputs[f"bbox_{stride}"][0, index]
        center_x, center_y = (cell[0] + across) * stride, (cell[1] + down) * stride
        half_x, half_y = np.exp(width) * stride / 2, np.exp(height) * stride / 2
        edges = (center_x - half_x, center_y - half_y, center_x + half_x, center_y + half_y)
        marks = (outputs[f"kps_{stride}"][0, index].reshape(5, 2) + cell) * (stride / scale)
        faces.append(
            Face(
                Box(*(int(edge / scale) for edge in edges)),
                tuple((float(x), float(y)) for x, y in marks),
                float(sureness[index]),
            )
        )
    return faces
