"""Where a person stands in a portrait: how large, and so that no cut edge shows on the canvas."""

from dataclasses import dataclass, replace
from typing import Final

from generation.engine.cutout import Subject
from generation.engine.pixels import Box, Size

FACE_SHARES: Final = {"close": 0.335, "half": 0.235, "wide": 0.165}
FACE_ROWS: Final = {"close": 0.45, "half": 0.37, "wide": 0.32}
WIDE_FACES: Final = 1.25  # a wide canvas is low: its people are closer
TALLEST: Final = 1.38  # of the width: a taller canvas does not make its people larger
LARGEST_FACE: Final = 0.52  # of the height
HEAD_ROOM: Final = 0.045
LOWEST_FACE: Final = 0.56  # where its middle may sink to
NEAREST_SIDE: Final = {True: 0.24, False: 0.34}  # how far aside a face may move; wide or not
PAIR_SHARE: Final = 0.22  # of the shorter side: how high the faces of two people are at least
PAIR_FACE: Final = 0.41  # of the width: how high they may be to have room beside each other
PAIR_ROW, LOWEST_PAIR = 0.42, 0.60
PAIR_PLACES: Final = {True: (0.34, 0.66), False: (0.28, 0.72)}
PAIR_SIDE: Final = 0.21
STEP, MOST_STEPS = 1.06, 12  # how a person grows until no cut shows
BLEED: Final = 4.0  # pixels that a cut edge lies outside


@dataclass(frozen=True, slots=True)
class Stand:
    """The cut-out is drawn `scale` times as large, its upper left corner at `left`, `top`."""

    subject: Subject
    scale: float
    left: float
    top: float

    @property
    def face(self) -> Box:
        box = self.subject.face
        if box is None:
            raise ValueError("shots: one shows no face")
        edges = (
            self.left + box.left * self.scale,
            self.top + box.top * self.scale,
            self.left + box.right * self.scale,
            self.top + box.bottom * self.scale,
        )
        return Box(*(round(edge) for edge in edges))

    @property
    def right(self) -> float:
        return self.left + self.subject.raster.width * self.scale

    @property
    def bottom(self) -> float:
        return self.top + self.subject.raster.height * self.scale


def framed(subject: Subject, size: Size, frame: str, across: float) -> Stand:
    """The person with the face about `across` of the width, as close as the frame says."""
    face = _face_of(subject)
    tall = min(size.height, TALLEST * size.width)
    wanted = FACE_SHARES[frame] * tall * (WIDE_FACES if size.is_wide else 1.0)
    row = FACE_ROWS[frame] * size.height
    scale = max(wanted / face.height, _least_scale(subject, size, row))
    scale = min(scale, LARGEST_FACE * size.height / face.height)
    return _settled(_put(subject, scale, (across * size.width, row)), size)


def paired(left: Subject, right: Subject, size: Size) -> tuple[Stand, Stand]:
    """Two people side by side with faces of one height, low enough for both torsos to reach the
    lower edge."""
    needs = [
        _least_scale(one, size, 0) * _face_of(one).height / size.height for one in (left, right)
    ]
    widest = PAIR_FACE * size.width
    row = max(PAIR_ROW * size.height, size.height - widest / max(needs))
    row = min(row, LOWEST_PAIR * size.height)
    tall = max(max(needs) * (size.height - row) + BLEED, PAIR_SHARE * min(size.height, size.width))
    places = PAIR_PLACES[size.is_wide]
    stands = []
    for one, across in zip((left, right), places, strict=True):
        scale = tall / _face_of(one).height
        stand = _aside(_put(one, scale, (across * size.width, row)), size, PAIR_SIDE)
        stands.append(_with_head_room(stand, size))
    return stands[0], stands[1]


def _face_of(subject: Subject) -> Box:
    if subject.face is None:
        raise ValueError("shots: one shows no face")
    return subject.face


def _put(subject: Subject, scale: float, place: tuple[float, float]) -> Stand:
    face = _face_of(subject)
    middle, center = (face.left + face.right) / 2, (face.top + face.bottom) / 2
    return Stand(subject, scale, place[0] - middle * scale, place[1] - center * scale)


def _least_scale(subject: Subject, size: Size, row: float) -> float:
    """A torso reaches the lower edge: nobody floats."""
    face = _face_of(subject)
    below = subject.raster.height - (face.top + face.bottom) / 2
    return (size.height - row + BLEED) / max(below, 1.0)


def _settled(stand: Stand, size: Size) -> Stand:
    """Move aside, then grow, then sink, until each cut edge lies outside the canvas."""
    stand = _with_head_room(_aside(stand, size), size)
    for _ in range(MOST_STEPS):
        if not _shows_cut(stand, size):
            break
        stand = _with_head_room(_aside(_grown(stand, size), size), size)
    if _shows_cut(stand, size):
        stand = _sunk(stand, size)
    return stand


def _shows_cut(stand: Stand, size: Size) -> bool:
    return any(shown_cuts(stand, size)) or stand.bottom < size.height


def shown_cuts(stand: Stand, size: Size) -> tuple[bool, bool]:
    """Whether the canvas shows the left and the right edge of the photo."""
    cuts = stand.subject.cuts
    left = stand.left > 0 and _is_above(stand, cuts.left, size)
    right = stand.right < size.width and _is_above(stand, cuts.right, size)
    return left, right


def _is_above(stand: Stand, share: float | None, size: Size) -> bool:
    """Whether a cut that begins at this share of the person's height is on the canvas."""
    return share is not None and _row(stand, share) < size.height


def _row(stand: Stand, share: float) -> float:
    return stand.top + share * stand.subject.raster.height * stand.scale


def _aside(stand: Stand, size: Size, nearest: float | None = None) -> Stand:
    """Toward the edge at which the photo cut the person, if only one did, within limits."""
    left, right = shown_cuts(stand, size)
    if left == right:
        return stand
    face = stand.face
    middle = (face.left + face.right) / 2
    least = (nearest or NEAREST_SIDE[size.is_wide]) * size.width
    if left:
        return replace(stand, left=stand.left - min(stand.left + BLEED, max(0, middle - least)))
    room = size.width - least - middle
    return replace(stand, left=stand.left + min(size.width - stand.right + BLEED, max(0, room)))


def _grown(stand: Stand, size: Size) -> Stand:
    """A little larger, around the face."""
    face = stand.face
    scale = stand.scale * STEP
    if _face_of(stand.subject).height * scale > LARGEST_FACE * size.height:
        return stand
    place = ((face.left + face.right) / 2, (face.top + face.bottom) / 2)
    return _put(stand.subject, scale, place)


def _with_head_room(stand: Stand, size: Size) -> Stand:
    """Room above a whole head; a head that the photo cut leaves the canvas there."""
    if stand.subject.cuts.top:
        return replace(stand, top=min(stand.top, -BLEED))
    lack = HEAD_ROOM * size.height - stand.top
    face = stand.face
    limit = LOWEST_FACE * size.height - (face.top + face.bottom) / 2
    down = max(0.0, min(lack, limit))
    return replace(stand, top=stand.top + down)


def _sunk(stand: Stand, size: Size) -> Stand:
    """Lower, as far as the face allows: what is cut lies below then."""
    face = stand.face
    down = max(0.0, LOWEST_FACE * size.height - (face.top + face.bottom) / 2)
    rows = [
        _row(stand, share)
        for share in (stand.subject.cuts.left, stand.subject.cuts.right)
        if share is not None
    ]
    needed = size.height - min(rows, default=size.height) + BLEED
    return replace(stand, top=stand.top + min(down, max(0.0, needed)))
