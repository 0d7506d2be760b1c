"""A studio: a seamless wall, a podium, soft light, and spheres that float about."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from generation.engine.color import (
    changed,
    code_of,
    colored,
    from_oklab,
    lightness_of,
    ramp,
    to_oklab,
)
from generation.engine.icons import rendered
from generation.engine.noise import Grain, noise, wave
from generation.engine.pixels import (
    WHITE,
    Pixels,
    Random,
    Raster,
    Size,
    blurred,
    floats,
    from_picture,
    grid,
    over,
    screen,
    smoothstep,
)

HORIZON: Final = 0.70
DARK: Final = 0.30  # a second color darker than this makes a dark studio
TOP: Final = 0.800  # of the height: the middle of the podium's top
VIEW: Final = 1000
SPHERES: Final = 7
_STAGE_PAINTS: Final = """
<defs><linearGradient id="p" x1="0" x2="1"><stop offset="0" stop-color="{dark}"/>
<stop offset=".3" stop-color="{light}"/><stop offset="1" stop-color="{darker}"/></linearGradient>
<filter id="b" x="-30%" width="160%" y="-80%" height="260%"><feGaussianBlur stdDeviation="15"/>
</filter></defs>"""
_SPHERE_PAINTS: Final = """
<defs><radialGradient id="s" cx=".35" cy=".3" r=".8"><stop offset="0" stop-color="#fff"/>
<stop offset=".35" stop-color="{two}"/><stop offset="1" stop-color="{one}"/></radialGradient>
<radialGradient id="t" cx=".35" cy=".3" r=".8"><stop offset="0" stop-color="#fff"/>
<stop offset=".4" stop-color="{three}"/><stop offset="1" stop-color="{two}"/></radialGradient>
</defs>"""
ARRANGEMENTS: Final = ("disc", "steps", "arch")
SLATS: Final = 5


def podium(size: Size, colors: Sequence[Pixels], random: Random, *, is_minimal: bool) -> Pixels:
    wall, bright, deep = _tones(colors)
    pixels = _cyclorama(size, (wall, bright, deep), random)
    arrangement = ARRANGEMENTS[int(random.integers(len(ARRANGEMENTS)))]
    tall = int(VIEW / size.aspect)
    body = _stage(arrangement, tall, wall, size)
    if not is_minimal:
        body += _spheres(tall, colors, random, size)
    layer = _layer(body, (VIEW, tall), size)
    return over(pixels, layer[..., :3], floats(layer[..., 3]))


def _tones(colors: Sequence[Pixels]) -> tuple[Pixels, Pixels, Pixels]:
    def toned(color: Pixels, lightness: float, chroma: float) -> Pixels:
        lab = to_oklab(color)
        return from_oklab(floats([lightness, lab[1] * chroma, lab[2] * chroma]))

    if lightness_of(colors[1]) < DARK:
        return toned(colors[1], 0.27, 1.0), toned(colors[2], 0.46, 0.6), toned(colors[0], 0.11, 1.0)
    return toned(colors[2], 0.80, 0.8), toned(colors[3], 0.94, 0.8), toned(colors[1], 0.56, 0.85)


def _cyclorama(size: Size, tones: tuple[Pixels, Pixels, Pixels], random: Random) -> Pixels:
    wall, bright, deep = tones
    columns, rows = grid(size)
    grain = (noise(random, size, Grain(cells=3, octaves=3)) - 0.5) * 0.03
    away = np.hypot((columns - 0.44) * size.aspect, rows - 0.36) * 1.05 + grain
    back = colored(ramp([(0, bright), (0.5, wall), (1, deep)]), floats(away))
    ground = colored(
        ramp([(0, deep), (0.22, wall), (1, bright)]), floats((rows - HORIZON) / (1 - HORIZON))
    )
    pixels = over(back, ground, smoothstep(HORIZON - 0.07, HORIZON + 0.06, rows))
    return screen(pixels, WHITE * (_window_light(size, random) * 0.20)[..., None])


def _window_light(size: Size, random: Random) -> Pixels:
    """Slanted bars of sun, as through a blind, that fade over the wall."""
    columns, rows = grid(size)
    slant = columns * size.aspect * 0.55 + rows + float(random.uniform(0, 0.3))
    bars = smoothstep(0.30, 0.42, floats(np.abs((slant * SLATS) % 1 - 0.5)))
    patch = np.exp(-((((columns - 0.60) * size.aspect) / 0.34) ** 2 + ((rows - 0.34) / 0.26) ** 2))
    return blurred(floats(bars * patch), size.unit / 130)


def _stage(arrangement: str, tall: int, wall: Pixels, size: Size) -> str:
    """The podium as vectors; its top is where things stand."""
    dark, darker = code_of(changed(wall, lightness=-0.10)), code_of(changed(wall, lightness=-0.22))
    light, lighter = code_of(changed(wall, lightness=0.09)), code_of(changed(wall, lightness=0.05))
    middle, wide = tall * TOP, min(290, 290 * (0.72 + 0.28 / size.aspect))
    parts = [_STAGE_PAINTS.format(dark=dark, light=light, darker=darker)]
    if arrangement == "arch":
        parts.append(_arch(middle, (dark, light, darker), tall))
    if arrangement == "steps":
        parts.append(_drum(middle + 58, wide * 1.34, 52, lighter))
    parts.append(_drum(middle, wide, 64, light))
    rim = (
        f'<ellipse cx="500" cy="{middle}" rx="{wide * 0.9}" ry="{wide * 0.186}" fill="{lighter}"/>'
    )
    return "".join(parts) + rim


def _drum(top: float, radius: float, height: float, lid: str) -> str:
    flat = radius * 0.214
    left = 500 - radius
    return (
        f'<ellipse cx="520" cy="{top + height + 14}" rx="{radius * 1.22}" ry="{flat * 0.9}" '
        'fill="#000" opacity=".22" filter="url(#b)"/>'
        f'<path d="M{left} {top} v{height} a{radius} {flat} 0 0 0 {2 * radius} 0 v-{height}z" '
        f'fill="url(#p)"/><ellipse cx="500" cy="{top}" rx="{radius}" ry="{flat}" fill="{lid}"/>'
    )


def _arch(middle: float, tones: tuple[str, str, str], tall: int) -> str:
    dark, light, darker = tones
    crown = max(middle - 560, tall * 0.10) + 230
    shape = f"M270 {middle + 20} V{crown} a230 230 0 0 1 460 0 V{middle + 20}z"
    return (
        f'<path d="{shape}" transform="translate(16 6)" fill="{darker}"/>'
        f'<path d="{shape}" fill="{dark}"/>'
        f'<path d="M292 {middle + 20} V{crown} a208 208 0 0 1 416 0 V{middle + 20}z" '
        f'fill="{light}" opacity=".55"/>'
    )


def _spheres(tall: int, colors: Sequence[Pixels], random: Random, size: Size) -> str:
    one, two, three = (code_of(colors[index]) for index in (1, 2, 3))
    parts = [_SPHERE_PAINTS.format(one=one, two=two, three=three)]
    heights = wave(random, SPHERES, SPHERES)
    for number in range(SPHERES):
        radius = random.uniform(12, 52) * min(1.0, 1.1 / max(size.aspect, 0.5))
        inner = 60 if number % 2 else 760
        across = random.uniform(inner, inner + 180)
        down = (0.10 + 0.55 * float(heights[number])) * tall
        fill = "s" if number % 3 else "t"
        parts.append(
            f'<circle cx="{across:.0f}" cy="{down:.0f}" r="{radius:.0f}" fill="url(#{fill})"/>'
        )
    return "".join(parts)


def _layer(body: str, view: tuple[int, int], size: Size) -> Pixels:
    """The vectors as a layer of the whole canvas; the corner marks keep it from being trimmed."""
    corners = (
        '<rect width="1" height="1" fill="#000" opacity=".004"/>'
        f'<rect x="{view[0] - 1}" y="{view[1] - 1}" width="1" height="1" opacity=".004"/>'
    )
    raster: Raster = rendered(corners + body, view, (size.width, size.height))
    if raster.size != (size.width, size.height):
        raster = raster.resize((size.width, size.height))
    return from_picture(raster)
