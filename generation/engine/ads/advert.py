"""Make an ad: arrange it for its format, paint the scene, set the product in, then the words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generation.engine import NAME
from generation.engine.ads.arrangement import FRAME, Arrangement, arranged
from generation.engine.ads.families import Family
from generation.engine.ads.fidelity import Fidelity, fidelity_of, fingerprint_of, is_same
from generation.engine.ads.formats import CONTENT_TYPE, FORMATS, STYLES
from generation.engine.ads.inking import Inked, Inks, Look, inked
from generation.engine.ads.prepared import Prepared
from generation.engine.ads.scene import Scene
from generation.engine.ads.staging import (
    Light,
    Placed,
    laid_over,
    papered,
    placed,
    reflected,
    rounded,
    shadowed,
)
from generation.engine.ads.themes import bold, dark, fresh, lifestyle, studio
from generation.engine.ads.typesetting import (
    ROLES,
    Manuscript,
    Room,
    Typeset,
    read_copy,
    typeset,
)
from generation.engine.ads.wording import told_family
from generation.engine.color import from_oklab, to_oklab
from generation.engine.encode import decoded, plate_of
from generation.engine.finish import bloomed, grained, vignetted
from generation.engine.metadata import source_type, xmp_packet
from generation.engine.picture import Picture
from generation.engine.pixels import WHITE, Box, Pixels, floats, size_of
from generation.engine.seeds import random_of

AUTO: Final = "auto"
THEMES: Final[dict[str, Callable[[Scene], Pixels]]] = {
    "studio": studio.paint,
    "bold": bold.paint,
    "dark": dark.paint,
    "lifestyle": lifestyle.paint,
    "fresh": fresh.paint,
}
LIGHTS: Final = {
    "studio": Light(cast=0.40, contact=0.62, drop=0.62, reflection=0.10),
    "bold": Light(cast=0.45, contact=0.7, drop=0.85),
    "dark": Light(cast=0.30, contact=0.8, drop=0.9, reflection=0.34),
    "lifestyle": Light(cast=0.42, contact=0.85, drop=0.85, reflection=0.07),
    "fresh": Light(cast=0.4, contact=0.6, drop=0.62),
}
FLOORED: Final = frozenset({"studio", "dark", "lifestyle"})  # the others hang the product up
FLAT: Final = ("bold", "fresh")
VIGNETTES: Final = {"studio": 0.10, "bold": 0.10, "dark": 0.18, "lifestyle": 0.22}
BLOOMS: Final = {"studio": 0.16, "dark": 0.22, "lifestyle": 0.24}
GRAIN: Final = 0.0055
UNCUT: Final = "Nothing stood out clearly enough to be cut out, so the photo is shown whole."
CUT_OFF: Final = "The photo cuts the product off on several sides, so it is shown whole."
BLED: Final = "The photo cuts the product off, so it runs off the picture at that side."
ENLARGED: Final = "The photo is smaller than the product in this ad: it may look soft."
EMOJI: Final = "Emoji are left out of the picture; they stay in the words."
SOFT_FROM: Final = 1.8  # times enlarged


@dataclass(frozen=True, slots=True, kw_only=True)
class AdRequest:
    """What to make of a prepared product; `copy` is what `copy_for` gave, or the person's own."""

    product_name: str
    copy: Mapping[str, str]
    style: str
    aspect_ratio: str
    seed: int


def render(
    prepared: Prepared, request: AdRequest, *, progress: Callable[[str, float], None]
) -> Picture:
    """This function will make the ad, telling `progress` each step and how far it is.

    Raises ValueError naming the field that cannot be used, or `fidelity` when the finished file
    does not show the product as it is; and whatever `progress` raises.
    """
    style = _style_of(prepared, request)
    progress("setting the words", 0.0)
    manuscript = read_copy(request.copy, style)
    target = (request.aspect_ratio, FORMATS[request.aspect_ratio])
    arrangement, words = arranged(prepared, manuscript, target, is_odd=bool(request.seed % 2))
    progress("painting the scene", 0.15)
    product, pixels = _staged(prepared, arrangement, (style, request))
    progress("drawing the words", 0.7)
    source = source_type(has_photo=True)
    inks = _inks(prepared, style, request.seed)
    area = product.box.grown(0, arrangement.size)
    finished = inked(pixels, words, Look(style=style, inks=inks, product=area), source)
    progress("checking the product", 0.9)
    hidden = [piece.box for piece in words.pieces]
    fidelity = proved(finished.seen, product, hidden)
    plate = plate_of(pixels, source)
    setting = {
        "style": style,
        "aspect_ratio": request.aspect_ratio,
        "seed": request.seed,
        "product_name": request.product_name,
        "room": arrangement.room.as_facts(),
        "inks": inks.as_facts(),
        "product": {
            "area": area.as_list(),
            "fingerprint": fingerprint_of(pixels, product),
        },
    }
    facts = {
        "engine": NAME,
        "kind": "composite",
        "style": style,
        "setting": setting,
        "safe_zone": arrangement.safe.as_list(),
        "fidelity": fidelity.as_facts(),
        "cut_out": prepared.is_cut_out,
        "stance": arrangement.stance,
        "layout": {
            "product": area.as_list(),
            "text_side": arrangement.text_side or "top",
        },
        "scene_warnings": _scene_warnings(prepared, arrangement),
    }
    progress("finishing", 1.0)
    return _picture(finished, plate, (request.copy, manuscript, words), facts)


def reworded(plate: bytes, facts: Mapping[str, Any], copy: Mapping[str, str]) -> Picture:
    """This function will set other words on the plate of an ad that has these facts.

    Raises ValueError naming the words that cannot be set, or `fidelity` when the plate no longer
    shows the product that it was made with.
    """
    setting = facts["setting"]
    style, pixels = setting["style"], decoded(plate)
    manuscript = read_copy(copy, style)
    words = typeset(manuscript, Room.of(setting["room"]), size_of(pixels))
    area = Box(*setting["product"]["area"])
    look = Look(style=style, inks=Inks.of(setting["inks"]), product=area)
    finished = inked(pixels, words, look, source_type(has_photo=True))
    hidden = [piece.box for piece in words.pieces]
    if not is_same(finished.seen, setting["product"], hidden):
        raise ValueError("fidelity: the plate does not show the product as it was photographed")
    return _picture(finished, plate, (copy, manuscript, words), facts)


def proved(seen: Pixels, product: Placed, hidden: list[Box]) -> Fidelity:
    """This function will compare the finished file's pixels with the product. Raises ValueError."""
    fidelity = fidelity_of(seen, product, hidden)
    if not fidelity.ok:
        raise ValueError(
            "fidelity: the finished picture does not show the product as it was photographed"
        )
    return fidelity


def _picture(
    finished: Inked,
    plate: bytes,
    text: tuple[Mapping[str, str], Manuscript, Typeset],
    facts: Mapping[str, Any],
) -> Picture:
    copy, manuscript, words = text
    setting = facts["setting"]
    size = FORMATS[setting["aspect_ratio"]].size
    kept = {role: copy.get(role, "") for role in ROLES}
    left_out = [EMOJI] if manuscript.has_emoji else []
    warnings = [*facts["scene_warnings"], *finished.fixes, *left_out]
    return Picture(
        data=finished.file.data,
        plate=plate,
        mark=xmp_packet(source_type(has_photo=True)),
        width=size.width,
        height=size.height,
        content_type=CONTENT_TYPE,
        seed=setting["seed"],
        alt_text=alt_text_of(setting["style"], setting["product_name"], kept),
        facts={
            **facts,
            "copy": kept,
            "contrast": round(finished.contrast, 2),
            "layout": {
                **facts["layout"],
                "words": {piece.role: piece.box.as_list() for piece in words.pieces},
                "inks": finished.inks,
            },
            "warnings": warnings,
        },
    )


def alt_text_of(style: str, product_name: str, copy: Mapping[str, str]) -> str:
    shown = " ".join(product_name.split()) or "a product"
    said = [" ".join(copy[role].split()) for role in ("headline", "subline", "badge")]
    words = ". ".join(part.rstrip(".") for part in said if part)
    return f"{style.capitalize()} ad for {shown}: {words}."


def _style_of(prepared: Prepared, request: AdRequest) -> str:
    if request.aspect_ratio not in FORMATS:
        raise ValueError(f"aspect_ratio: must be one of {', '.join(FORMATS)}")
    if request.style not in (AUTO, *STYLES):
        raise ValueError(f"style: must be one of {', '.join((AUTO, *STYLES))}")
    if request.style != AUTO:
        return request.style
    family = _family_of(prepared, request)
    return chosen_style(prepared, family, request.seed)


def _family_of(prepared: Prepared, request: AdRequest) -> Family:
    return told_family(prepared, request.product_name, request.copy.get("subline", ""))


def chosen_style(prepared: Prepared, family: Family, seed: int) -> str:
    """This function will choose among the styles that suit the product."""
    if prepared.stance == "lies":
        return FLAT[seed % len(FLAT)]
    # A dark product drowns in the dark; its outline needs a brighter ground.
    is_dark = prepared.palette.lightness < 0.3
    suited = [one for one in family.styles if not (is_dark and one == "dark")]
    if prepared.stance == "bleeds":
        suited = [one for one in suited if one != "lifestyle"] or list(FLAT)
    return suited[seed % len(suited)]


def _staged(
    prepared: Prepared, arrangement: Arrangement, order: tuple[str, AdRequest]
) -> tuple[Placed, Pixels]:
    """The scene with the product in it; what is done to the ground is done before it comes."""
    style, request = order
    random = random_of("ad", style, request.aspect_ratio, request.seed)
    scene = Scene(
        arrangement=arrangement,
        palette=prepared.palette,
        family=_family_of(prepared, request),
        random=random,
        number=request.seed,
    )
    product = placed(prepared.product, arrangement.spot)
    if arrangement.stance == "framed":
        product = Placed(rounded(product.raster), product.left, product.top)
    light = LIGHTS[style]
    stands = arrangement.stance == "stands" and style in FLOORED
    ground = THEMES[style](scene)
    if style in BLOOMS:
        ground = bloomed(ground, BLOOMS[style])
    ground = vignetted(ground, VIGNETTES.get(style, 0.0)) if style in VIGNETTES else ground
    if stands and light.reflection:
        ground = reflected(ground, product, light.reflection)
    ground = shadowed(ground, product, light, stands=stands)
    if arrangement.stance == "framed":
        ground = papered(ground, product, int(arrangement.size.unit * FRAME))
    ground = grained(ground, random, GRAIN)
    return product, laid_over(ground, product)


def _inks(prepared: Prepared, style: str, seed: int) -> Inks:
    scene_accent = prepared.palette.accent
    lab = to_oklab(scene_accent)
    dark = from_oklab(floats([0.19, lab[1] * 0.12, lab[2] * 0.12]))
    strong = _strengthened(lab, 0.55 if style in {"studio", "lifestyle", "fresh"} else 0.66)
    if style == "bold":
        return Inks(light=WHITE, dark=dark, accent=dark, badge=WHITE if seed % 3 != 1 else dark)
    if prepared.palette.is_neutral:
        strong = WHITE if style == "dark" else dark
    badge = strong if style != "lifestyle" else from_oklab(floats([0.96, 0.005, 0.02]))
    return Inks(light=WHITE, dark=dark, accent=strong, badge=badge)


def _strengthened(lab: Pixels, lightness: float) -> Pixels:
    chroma = float((lab[1] ** 2 + lab[2] ** 2) ** 0.5)
    share = min(max(chroma, 0.09), 0.17) / max(chroma, 1e-3)
    return from_oklab(floats([lightness, lab[1] * share, lab[2] * share]))


def _scene_warnings(prepared: Prepared, arrangement: Arrangement) -> list[str]:
    warnings = []
    if arrangement.stance == "framed":
        warnings.append(CUT_OFF if prepared.is_cut_out else UNCUT)
    if arrangement.stance == "bleeds":
        warnings.append(BLED)
    if arrangement.spot.width > prepared.product.width * SOFT_FROM:
        warnings.append(ENLARGED)
    return warnings
