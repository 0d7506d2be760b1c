"""Kinds of products: which labels and words tell them, and how each likes to be shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from generation.engine.synonyms import words_of

UNSURE: Final = 0.35  # below, the classifier's first answer is not worth saying
SOMETHING: Final = "product"


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """`styles` are those that suit it, the best first; `nouns` are words of labels and texts."""

    name: str
    styles: tuple[str, ...]
    nouns: frozenset[str]


def _family(name: str, styles: str, nouns: str) -> Family:
    return Family(name=name, styles=tuple(styles.split()), nouns=words_of(nouns))


FAMILIES: Final[tuple[Family, ...]] = (
    _family(
        "coffee", "lifestyle bold studio",
        "espresso coffee coffeepot cappuccino latte mug cup teapot tea matcha kettle roast beans "
        "crema roaster",
    ),
    _family(
        "drink", "bold fresh lifestyle",
        "wine beer bottlecap goblet cocktail whiskey whisky gin vodka juice soda lemonade drink "
        "smoothie water kombucha pitcher eggnog rum cider",
    ),
    _family(
        "food", "lifestyle bold fresh",
        "pizza burger cheeseburger hotdog pretzel bagel loaf bread cake cookie chocolate ice cream "
        "strawberry banana orange lemon pineapple fig pomegranate guacamole burrito snack honey "
        "honeycomb jam sauce pasta cheese trifle granola bar carbonara consomme food sushi",
    ),
    _family(
        "beauty", "studio fresh dark",
        "lotion perfume lipstick sunscreen serum cream soap shampoo powder makeup mascara skincare "
        "skin oil balm candle cosmetic cosmetics fragrance toner moisturizer dispenser spray nail "
        "glow vitamin",
    ),
    _family(
        "footwear", "bold studio dark",
        "shoe shoes sneaker sneakers running loafer sandal boot boots clog heel heels slipper "
        "trainer trainers",
    ),
    _family(
        "clothing", "studio fresh bold",
        "shirt tshirt jersey sweatshirt hoodie cardigan jean jeans jacket coat dress gown suit "
        "trench poncho kimono abaya sock skirt miniskirt hat sombrero bonnet scarf stole mitten "
        "pajama bikini trunks cloak apron tie wool",
    ),
    _family(
        "accessory", "studio dark lifestyle",
        "watch sunglasses sunglass necklace wallet purse backpack bag handbag mailbag buckle ring "
        "earrings bracelet umbrella jewelry jewellery belt stopwatch tote",
    ),
    _family(
        "tech", "dark studio bold",
        "laptop notebook computer keyboard mouse monitor phone telephone cellular ipod speaker "
        "loudspeaker headphones headphone earbuds camera lens joystick remote printer radio "
        "television screen modem microphone drone charger console projector disc tablet",
    ),
    _family(
        "vehicle", "dark bold studio",
        "moped scooter bike bicycle motorcycle motorbike car convertible cab jeep limousine racer "
        "pickup minivan tricycle snowmobile truck wagon speedboat canoe van",
    ),
    _family(
        "home", "lifestyle studio fresh",
        "lamp lampshade chair table couch sofa vase pot pillow quilt bookcase desk wardrobe clock "
        "mirror towel rug basket bowl plate ladle pan wok spatula dutch oven toaster blender "
        "waffle iron vacuum tray cup ceramic plant planter furniture caldron strainer",
    ),
    _family(
        "sport", "bold dark fresh",
        "ball basketball soccer volleyball tennis golf rugby racket dumbbell barbell ski sleeping "
        "tent helmet paddle surfboard yoga snorkel parachute punching fitness gym swing bottle",
    ),
    _family(
        "music", "dark studio lifestyle",
        "guitar violin cello piano drum sax trombone flute harp accordion banjo harmonica organ "
        "oboe bassoon cornet ukulele",
    ),
    _family(
        "play", "fresh bold studio",
        "teddy toy toys puzzle doll piggy carousel pinwheel balloon game lego plush bib crib "
        "bassinet stroller kids baby",
    ),
    _family(
        "tool", "dark bold studio",
        "drill hammer screwdriver saw plane wrench tool tools screw shovel hatchet plunger "
        "padlock torch flashlight tape kit",
    ),
    _family(
        "animal", "fresh studio lifestyle",
        "cat dog kitten puppy tabby terrier retriever spaniel rabbit hamster pet pets egyptian "
        "siamese persian tiger lynx horse bird hound poodle",
    ),
    _family(
        "plant", "fresh lifestyle studio", "flower flowers daisy rose bouquet rapeseed orchid tulip"
    ),
)  # fmt: skip
OTHER: Final = Family(name=SOMETHING, styles=("studio", "bold", "fresh"), nouns=frozenset())
BY_NAME: Final[Mapping[str, Family]] = {one.name: one for one in (*FAMILIES, OTHER)}


def family_of(*texts: str) -> Family:
    """The family that the first telling text names the most words of."""
    for text in texts:
        words = {_singular(word) for word in text.casefold().replace("-", " ").split()}
        counts = [len(words & {_singular(noun) for noun in one.nouns}) for one in FAMILIES]
        if max(counts):
            return FAMILIES[counts.index(max(counts))]
    return OTHER


def _singular(word: str) -> str:
    plain = "".join(letter for letter in word if letter.isalnum())
    is_plural = len(plain) > 3 and plain.endswith("s") and not plain.endswith("ss")
    return plain[:-1] if is_plural else plain
