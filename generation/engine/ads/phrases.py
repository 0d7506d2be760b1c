"""Words for ads: headlines, sublines and buttons by family and tone; `{name}` is the product."""

from collections.abc import Mapping
from typing import Final

from generation.engine.synonyms import words_of

# No promise about the product is among these: what it can do only its maker knows.
HEADLINES: Final[Mapping[str, tuple[str, ...]]] = {
    "coffee": (
        "Slow mornings start here", "Your morning, upgraded", "One good cup",
        "Pour yourself a moment",
    ),
    "drink": ("Pour something better", "Good company, chilled", "Raise your glass", "Sip slowly"),
    "food": ("Made to be shared", "Go on, take a bite", "Good taste, no rush", "Save me a piece"),
    "beauty": ("Glow that stays yours", "A quiet little ritual", "Your daily glow"),
    "footwear": ("Take the long way", "Made to move", "Step into it", "Walk this way"),
    "clothing": ("Wear it your way", "An easy favorite", "Dressed in a minute", "The new usual"),
    "accessory": ("The finishing touch", "Small thing, big difference", "Carry it well",
                  "Made to be noticed"),
    "tech": ("Think in color", "Less noise, more signal", "Made for focus", "Press play"),
    "vehicle": ("Built for the open road", "Ride louder", "Take the next exit", "Born to move"),
    "home": ("Make room for good things", "Home, but better", "Live with it, love it",
             "A corner to come home to"),
    "sport": ("Go again", "Show up. Then show off.", "Made for your next round", "Find your pace"),
    "music": ("Play it like you mean it", "Turn it up", "Your next song starts here"),
    "play": ("Playtime, sorted", "Big smiles inside", "Made for little hands"),
    "tool": ("Get it done", "Work, made lighter", "The right tool, at last"),
    "animal": ("For the best of friends", "Good days, on four paws", "Happy tails start here"),
    "plant": ("Bring the outside in", "Something to look after", "Fresh every day"),
    "product": ("Meet {name}", "The one you reach for", "Simply {name}", "Made to be used daily"),
}  # fmt: skip

TONES: Final[Mapping[str, frozenset[str]]] = {
    "luxury": words_of("luxury luxurious premium exclusive elegant gold fine crafted handmade "
                       "artisan leather silk signature heritage timeless"),
    "eco": words_of("eco organic natural vegan sustainable recycled bamboo plant planet refill "
                    "compostable linen biodegradable"),
    "playful": words_of("fun kids happy joy joyful playful colorful party sweet candy rainbow"),
    "sporty": words_of("sport training run running fitness gym strength energy active speed race"),
    "calm": words_of("calm relax relaxing sleep soft gentle soothing quiet spa meditation cozy"),
    "smart": words_of("smart wireless app bluetooth usb ai digital fast battery charge charging"),
    "offer": words_of("sale discount off deal save offer today limited black friday promo"),
}  # fmt: skip
TONE_HEADLINES: Final[Mapping[str, tuple[str, ...]]] = {
    "luxury": ("Quietly exceptional", "Worth every detail", "Made to be kept"),
    "eco": ("Good, by nature", "Kind to what matters", "Naturally {name}"),
    "playful": ("Pure joy", "Go on, smile", "Made for fun"),
    "sporty": ("Go again", "Find your pace", "Made for your next round"),
    "calm": ("Slow down", "Take a breath", "A softer kind of day"),
    "smart": ("Smarter, simply", "It just gets you", "Less to think about"),
    "offer": ("Now is a good time", "Yours for less", "The price is right"),
}

SUBLINES: Final[Mapping[str, tuple[str, ...]]] = {
    "coffee": ("For the first sip of the day.", "For everyone who takes their time."),
    "drink": ("For long evenings and good talks.", "Best shared."),
    "food": ("For the table, the trip and the moment between.", "Best shared."),
    "beauty": ("A small moment, every day.", "For your shelf and your routine."),
    "footwear": ("For streets, stairs and everywhere after.", "For the way you move."),
    "clothing": ("For days that start early and end late.", "Goes with what you have."),
    "accessory": ("For every day, and the special ones.", "You will reach for it."),
    "tech": ("For work, for play, for you.", "Ready when you are."),
    "vehicle": ("The road is waiting.", "Take a seat and go."),
    "home": ("For the rooms you live in.", "For every day you are at home."),
    "sport": ("For the next one, and the one after.", "Ready when you are."),
    "music": ("For the stage and the bedroom.", "Ready when you are."),
    "play": ("For rainy days and all the others.", "For the small and the young at heart."),
    "tool": ("For the job, the house, the weekend.", "Ready when you are."),
    "animal": ("For the one who waits at the door.", "For the family member with the softest fur."),
    "plant": ("For windowsills and good moods.", "A little green for every room."),
    "product": ("Find out what it can do for you.", "Have a closer look."),
}

CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "vehicle": ("Book a ride", "See it up close"),
    "tech": ("See what it does", "Shop now"),
    "beauty": ("Discover it", "Shop now"),
    "home": ("See the details", "Shop now"),
    "animal": ("Meet the family", "Learn more"),
    "product": ("Shop now", "See more", "Find yours"),
}

# What a button says where the product's name is not written in Latin letters.
CALLS_BY_SCRIPT: Final[Mapping[str, str]] = {
    "kana": "詳しく見る",
    "han": "了解更多",
    "hangul": "자세히 보기",
    "cyrillic": "Подробнее",
    "greek": "Μάθετε περισσότερα",
    "arabic": "اكتشف المزيد",
    "hebrew": "לפרטים נוספים",
    "devanagari": "और जानें",
}
