"""The lines that titles, captions and hashtags are made from; what is in braces is the person's."""

from collections.abc import Mapping
from typing import Final

TITLES_OF_TOPICS: Final = (
    "{Topic}: what nobody tells you", "I tried {topic} for 30 days", "{Topic} in 60 seconds",
    "The truth about {topic}", "{Topic}: 5 mistakes to avoid", "{Topic} for beginners",
    "Before you try {topic}, watch this", "{Topic}: cheap vs expensive",
    "My honest take on {topic}", "{Topic}, step by step", "What I got wrong about {topic}",
    "{Topic}: is it worth it?", "What I wish I knew about {topic}", "{Topic} made simple",
    "{Topic} from zero", "{Topic}: my whole setup", "Stop guessing about {topic}",
    "{Topic}: then and now",
)  # fmt: skip
TITLES_OF_STORIES: Final = (
    "{Title}: was it worth it?", "{Title}: the honest version", "{Title}, step by step",
    "{Title} (and what it cost me)", "{Title} (the part nobody shows)", "{Title}: what I learned",
    "{Title}: I was wrong", "{Title}, and then this happened", "{Title}: would I do it again?",
    "{Title} in 5 minutes",
)  # fmt: skip
SHORT_TITLES: Final = (
    "{Topic}: worth it?", "{Topic} made simple", "The {topic} truth", "{Topic} from zero",
    "{Topic}, honestly", "{Topic} in 60 seconds", "{Topic} mistakes", "Just {topic}",
    "{Topic}: my way", "{Topic} explained",
)  # fmt: skip
LONG_TITLES: Final = (
    "I tried {topic} for 30 days and kept a diary of every mistake",
    "{Topic} for beginners: everything you need for your first try",
    "What I wish somebody had told me about {topic} a year ago",
    "{Topic}: five mistakes that cost me time, and how to avoid each",
    "The honest truth about {topic}, from somebody who started from zero",
    "Before you spend money on {topic}, watch this to the end",
    "{Topic} cheap vs expensive: where it matters and where it does not",
    "My whole {topic} setup, step by step, with everything that I use",
)
CAPTIONS: Final = (
    "{Subject}. That is the post.", "Current mood: {subject}.", "Keeping this one: {subject}.",
    "Today's highlight: {subject}.", "POV: {subject}.", "{Subject}, and no other plans.",
    "Somebody had to show you {subject}.", "One for the album: {subject}.",
    "{Subject}. Save it for a gray day.", "Say hello to {subject}.",
    "{Subject}: tell me what you see first.", "A minute with {subject}.",
)  # fmt: skip
SHORT_CAPTIONS: Final = (
    "{Subject}.", "{Subject}, obviously.", "Just {subject}.", "Mood: {subject}.",
    "{Subject}. Enough said.", "Hello, {subject}.",
)  # fmt: skip
LONG_CAPTIONS: Final = (
    "{Subject}. I keep finding new things in it. Which detail did you see first?",
    "Some days need a plan. This one only needed {subject}. What would you have done with it?",
    "I wanted to remember {subject}, so here it is. Send it to somebody who would like it.",
    "{Subject}. The story behind it is longer than a caption, so ask me in the comments.",
    "A small thing that made today better: {subject}. What was yours?",
)
TAGS: Final[Mapping[str, tuple[str, ...]]] = {
    "coffee": ("coffeetime", "coffeelover", "morningritual"),
    "drink": ("cheers", "drinkstagram", "sipsip"),
    "food": ("foodie", "homemade", "foodphotography"),
    "beauty": ("skincare", "selfcare", "beautyroutine"),
    "footwear": ("sneakerhead", "shoesoftheday", "onfoot"),
    "clothing": ("ootd", "slowfashion", "wardrobe"),
    "accessory": ("accessories", "everydaycarry", "styledetails"),
    "tech": ("gadgets", "tech", "desksetup"),
    "vehicle": ("ontheroad", "ride", "roadtrip"),
    "home": ("homedecor", "interior", "cozyhome"),
    "sport": ("training", "fitness", "outdoors"),
    "music": ("musician", "newmusic", "practice"),
    "play": ("playtime", "kids", "toys"),
    "tool": ("diy", "maker", "workshop"),
    "animal": ("petsofinstagram", "pets", "animallover"),
    "plant": ("plants", "urbanjungle", "greenhome"),
    "product": ("photooftheday", "behindthescenes", "smallmoments"),
}
SHOTS: Final = (
    "close-up, slow push in", "whole product, camera drifts left",
    "detail of the surface, soft light", "in use, hands only",
    "from above, flat lay", "whole product, camera pulls out",
)  # fmt: skip
"""For the scenes between the first and the last."""
OUTLINE: Final = (
    ("Hook", "{title}"),
    ("Promise", "In the next minutes: {topic}, and what I would do differently."),
    ("Point 1", "The mistake that everybody makes with {topic}. Show it, do not tell it."),
    ("Point 2", "What works, step by step. One step, one shot."),
    ("Point 3", "The result, beside the first try."),
    ("Call", "Ask one question about {topic} for the comments, and say what comes next."),
)
