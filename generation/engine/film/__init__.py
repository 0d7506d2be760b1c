"""Product films made on this server: a storyboard, its plates, and an MP4 out of them."""

from generation.engine.film.board import ASPECT_RATIOS, MUSIC, QUALITIES, SIZES
from generation.engine.film.clips import poster_of, probe
from generation.engine.film.ffmpeg import FilmFailed
from generation.engine.film.planning import plan, revised
from generation.engine.film.rendering import Film, finish, render
from generation.engine.film.sets import keyframe

__all__ = [
    "ASPECT_RATIOS",
    "MUSIC",
    "QUALITIES",
    "SIZES",
    "Film",
    "FilmFailed",
    "finish",
    "keyframe",
    "plan",
    "poster_of",
    "probe",
    "render",
    "revised",
]
