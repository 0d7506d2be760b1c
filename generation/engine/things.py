"""The things a picture can show: the icon pack's, and a few of our own that it lacks."""

from functools import cache, lru_cache
from typing import Final

from generation.engine import icons
from generation.engine.pixels import Raster

VIEW_BOX: Final = (64, 64)
REMEMBERED: Final = 16

_OWN: Final = {
    "hot-air-balloon": """
<defs>
<radialGradient id="a" cx=".36" cy=".28" r=".85"><stop offset="0" stop-color="#ffb25e"/>
<stop offset=".5" stop-color="#f4512c"/><stop offset="1" stop-color="#a31538"/></radialGradient>
<radialGradient id="b" cx=".4" cy=".25" r=".9"><stop offset="0" stop-color="#fff6cf"/>
<stop offset=".55" stop-color="#ffd24a"/><stop offset="1" stop-color="#e08a1a"/></radialGradient>
<linearGradient id="c" x1="0" x2="1"><stop offset="0" stop-color="#c58a4a"/>
<stop offset="1" stop-color="#7a4a22"/></linearGradient></defs>
<path d="M26 46.500L28.600 55h.9L27.500 46zM38 46.500L35.400 55h-.9L36.500 46z" fill="#6b4a30"/>
<path d="M32 2C18.500 2 9 11.500 9 23.500C9 33 18 41 25.500 47h13C46 41 55 33 55 23.500C55 11.500
45.500 2 32 2z" fill="url(#a)"/>
<path d="M32 2C24 3 17.500 12 17.500 23.500C17.500 33 23 41 28 47h8C41 41 46.500 33 46.500
23.500C46.500 12 40 3 32 2z" fill="url(#b)"/>
<path d="M32 2C28.500 5 25.800 13 25.800 23.500C25.800 33 28.500 41 30.500 47h3C35.500 41 38.200 33
38.200 23.500C38.200 13 35.500 5 32 2z" fill="url(#a)"/>
<ellipse cx="21" cy="14" rx="4.500" ry="7" fill="#fff" opacity=".28" transform="rotate(28 21 14)"/>
<path d="M25.500 45.500h13l-.6 2.600h-11.800z" fill="#8a1230"/>
<rect x="27.300" y="54" width="9.400" height="7.500" rx="1.800" fill="url(#c)"/>
<rect x="26.800" y="53.600" width="10.400" height="2" rx="1" fill="#e0a868"/>
""",
    "coffee-cup": """
<defs><linearGradient id="a" x1="0" x2="1"><stop offset="0" stop-color="#dcd6d2"/>
<stop offset=".3" stop-color="#ffffff"/><stop offset=".72" stop-color="#efe9e4"/>
<stop offset="1" stop-color="#b9b0ab"/></linearGradient>
<linearGradient id="s" y1="0" y2="1" x1="0" x2="0"><stop offset="0" stop-color="#ffffff"/>
<stop offset="1" stop-color="#bdb4ae"/></linearGradient>
<radialGradient id="b" cx=".5" cy=".35" r=".7"><stop offset="0" stop-color="#a5683a"/>
<stop offset=".7" stop-color="#5f3318"/><stop offset="1" stop-color="#3a1d0c"/></radialGradient>
</defs>
<ellipse cx="30" cy="55.500" rx="27" ry="5.500" fill="#a89f99"/>
<ellipse cx="30" cy="54" rx="27" ry="5.500" fill="url(#s)"/>
<ellipse cx="30" cy="53.600" rx="15" ry="2.600" fill="#b5aca6"/>
<path d="M46 27c10-3 14.500 2 13 9c-1.500 6.500-9 10-16.500 9.500l1.800-4.300c5 .2 9.600-2 10.500-6
c.8-3.600-2.500-5.500-8.200-3.700z" fill="#d8d0cb"/>
<path d="M46.600 28.200c8.600-2.600 12.400 1.600 11.200 7.200
c-1.300 5.600-7.600 8.600-14.200 8.600" fill="none" stroke="#fff"
stroke-width="1.100" opacity=".8"/>
<path d="M9 21C9 39 13 48 19.500 52.500C22 54.200 38 54.200 40.500 52.500C47 48 51 39 51 21z"
fill="url(#a)"/>
<ellipse cx="30" cy="21" rx="21" ry="6.200" fill="#fffdfb"/>
<ellipse cx="30" cy="21.500" rx="18.800" ry="5" fill="#c9bfb9"/>
<ellipse cx="30" cy="22.300" rx="17.800" ry="4.200" fill="url(#b)"/>
<path d="M20 22c3-2.200 8-2.600 11-1.600" fill="none" stroke="#d8a06a" stroke-width="1"
stroke-linecap="round" opacity=".7"/>
<path d="M14 27c.6 9 2.600 16 6 20.500" fill="none" stroke="#fff" stroke-width="2.200"
stroke-linecap="round" opacity=".9"/>
""",
    "laptop": """
<defs><linearGradient id="a" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#5fd0ff"/>
<stop offset=".5" stop-color="#5b7cff"/><stop offset="1" stop-color="#b05cf0"/></linearGradient>
<linearGradient id="b" x1="0" x2="0" y1="0" y2="1"><stop offset="0" stop-color="#f2f4f8"/>
<stop offset="1" stop-color="#a7aebb"/></linearGradient></defs>
<rect x="10" y="12" width="44" height="31" rx="3" fill="#2a2e38"/>
<rect x="12" y="14" width="40" height="26.500" rx="1.500" fill="url(#a)"/>
<path d="M12 40.500V27C22 20 30 33 38 27s10-6 14-5v18.500z" fill="#fff" opacity=".18"/>
<path d="M14 15.500h16L16 38.500h-2z" fill="#fff" opacity=".16"/>
<path d="M8 43h48l6 8.500H2z" fill="url(#b)"/>
<path d="M12 44.500h40l2.600 4H9.400z" fill="#5d6472"/>
<path d="M26 48.900h12l.8 1.800H25.200z" fill="#c9ced8"/>
<path d="M2 51.500h60v1.300c0 1-1 1.700-2 1.700H4c-1 0-2-.7-2-1.700z" fill="#8d95a3"/>
""",
}


@cache
def names() -> frozenset[str]:
    return icons.names() | _OWN.keys()


@lru_cache(maxsize=REMEMBERED)
def drawn(name: str, side: int) -> Raster:
    """The thing on a clear ground, trimmed; its longer side is a little under `side` pixels."""
    if name in _OWN:
        return icons.rendered(_OWN[name], VIEW_BOX, (side, side))
    return icons.drawn(name, side)
