"""What people say, and the object of the icon pack that shows it."""

from typing import Final


def words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Object: the words for it. A word that is an object's own name needs no entry.
_WORDS_OF: Final = {
    "airplane": "plane flight flights flying travel trip airport vacation tourist",
    "alarm-clock": "alarm wake early morning routine",
    "automobile": "car cars driving",
    "balloon": "balloons",
    "bank": "banking mortgage loan finance",
    "basketball": "nba dunk",
    "beach-with-umbrella": "holiday beachside",
    "bicycle": "bike cycling biking",
    "birthday-cake": "cake cakes birthday baking bake dessert",
    "books": (
        "study studying learn learning reading school-books education exam exams course history"
    ),
    "brain": "mind psychology smart thinking memory iq adhd focus dopamine",
    "bullseye": "goal goals target aim",
    "camera": "photography photo photos photographer",
    "video-camera": "video videos filming vlog youtube youtuber tutorial shorts",
    "chart-increasing": (
        "marketing growth grow growing stocks stock sales seo analytics trading views"
    ),
    "chart-decreasing": "crash recession losing decline",
    "clapper-board": "movie movies film director hollywood",
    "coin": "bitcoin crypto cryptocurrency coins currency",
    "cook": "chef chefs",
    "crown": "king queen royalty best champion",
    "crystal-ball": "future prediction predictions predict",
    "delivery-truck": "shipping delivery dropshipping logistics truck",
    "dog": "puppy puppies",
    "cat": "kitten kittens",
    "doughnut": "donut donuts",
    "dollar-banknote": "cash dollar dollars salary",
    "envelope": "email emails mail newsletter",
    "exploding-head": "shocking unbelievable mindblowing crazy insane",
    "fire": "viral hot trending burn",
    "flexed-biceps": "gym workout fitness muscle muscles strong exercise strength bodybuilding",
    "gem-stone": "diamond diamonds luxury jewel",
    "ghost": "haunted scary horror ghosts spooky",
    "globe-showing-europe-africa": "world global earth countries planet",
    "graduation-cap": "university college degree graduate graduation",
    "green-salad": "diet salad healthy vegan vegetables nutrition",
    "hamburger": "burger burgers fastfood",
    "headphone": "headphones audio listening podcast-headphones",
    "hot-beverage": "coffee espresso cappuccino latte barista cup",
    "hourglass-done": "hours waiting patience procrastination",
    "house-with-garden": "home estate property realestate renting",
    "jack-o-lantern": "pumpkin halloween",
    "key": "secret secrets unlock",
    "desktop-computer": (
        "laptop coding code programming developer software website app apps freelancing "
        "computer pc workstation"
    ),
    "light-bulb": "idea ideas tips tip inspiration creative creativity",
    "locked": "security privacy password passwords hacked",
    "locomotive": "train trains railway",
    "lotion-bottle": "skincare perfume cosmetics",
    "lipstick": "makeup beauty",
    "magnifying-glass-tilted-left": "search research investigate detective-work finding review",
    "megaphone": "advertising announcement ads advertise",
    "microphone": "singing karaoke podcast interview",
    "mobile-phone": "phone phones iphone smartphone android instagram tiktok",
    "money-bag": "money rich wealth income million millionaire earn business profit passive budget",
    "motorcycle": "motorbike motorcycles",
    "musical-notes": "music song songs melody",
    "musical-keyboard": "piano",
    "paintbrush": "painting paint painter",
    "artist-palette": "art drawing design designer colors",
    "person-in-lotus-position": "meditation yoga mindfulness calm",
    "racing-car": "supercar race racing formula ferrari",
    "red-apple": "apple",
    "red-heart": "love heart dating relationship relationships",
    "robot": "ai chatgpt automation robots bot bots agent agents",
    "rocket": "launch startup startups spaceship spacex rockets boost skyrocket",
    "running-shoe": "sneaker sneakers shoe shoes running marathon run jogging",
    "sailboat": "boat sailing yacht sail",
    "seedling": "gardening garden plant plants",
    "shopping-cart": "shopping ecommerce store amazon",
    "sleeping-face": "sleep sleeping insomnia",
    "snake": "python",
    "soccer-ball": "soccer football",
    "soft-ice-cream": "icecream",
    "sports-medal": "medal olympics",
    "spouting-whale": "whale whales",
    "stopwatch": "minutes minute seconds speed quick faster productivity",
    "t-rex": "dinosaur dinosaurs",
    "teacup-without-handle": "tea matcha",
    "test-tube": "chemistry lab",
    "thinking-face": "why wondering question questions",
    "trophy": "win winning winner success championship",
    "video-game": "gaming game games gamer playstation xbox minecraft",
    "warning": "danger mistakes mistake avoid scam beware",
    "wrapped-gift": "gift gifts present christmas giveaway",
    "astronaut": "astronauts nasa",
    "ringed-planet": "saturn",
    "skull": "death deadly die dead",
    "tropical-fish": "fish fishing aquarium-fish",
    "deciduous-tree": "tree trees",
    "rose": "roses valentine",
    "tulip": "flower flowers",
    "steaming-bowl": "ramen noodles soup noodle",
    "sushi": "japanese-food",
    "cooking": "recipe recipes breakfast kitchen",
    "dna": "genetics biology",
    "bullet-train": "shinkansen",
    "baby": "pregnant parenting newborn",
    "wine-glass": "wine",
    "beer-mug": "beer brewery",
    "pizza": "pizzas",
    "battery": "energy",
    "electric-plug": "electric electricity",
    "hammer-and-wrench": "diy repair fix tools",
    "magnet": "attract",
    "party-popper": "party celebration celebrate",
    "ninja": "stealth",
    "unicorn": "unicorns",
    "dragon": "dragons",
}

_PHRASES: Final = {
    "hot air balloon": "balloon",
    "ice cream": "soft-ice-cream",
    "light bulb": "light-bulb",
    "machine learning": "robot",
    "artificial intelligence": "robot",
    "real estate": "house-with-garden",
    "side hustle": "money-bag",
    "sports car": "racing-car",
    "stock market": "chart-increasing",
    "video game": "video-game",
    "video games": "video-game",
    "social media": "mobile-phone",
    "weight loss": "flexed-biceps",
    "teddy bear": "teddy-bear",
}

SYNONYMS: Final = _PHRASES | {
    word: name for name, words in _WORDS_OF.items() for word in words.split()
}

# Names in the pack that are places, weathers or everyday words rather than things to show.
NOT_OBJECTS: Final = words_of(
    """
    sun moon star cloud sky snow rain water sunset sunrise night ocean sea beach mountain desert
    city island forest wood galaxy space planet field rock wave fog wind comet cityscape light
    camping volcano tornado rainbow foggy ice hole pick copyright registered information label
    divide minus plus multiply infinity link cancer leo virgo libra om judge seat mate person man
    woman boy girl chains clamp placard troll guard price customs mouth nose ear leg foot dizzy
    khanda wireless wheel restroom toilet cigarette bomb dagger coffin syringe crutch briefs bikini
    bug hook bus-stop back end on soon top cool free new no ok up record check window wing box
    stadium station street fly pie
    """
)

STOP_WORDS: Final = words_of(
    """
    a an the of on in at with and or to for from by his her its their my your our is are was were be
    been it this that these those i me we you he she they them into over under near after before
    style photo picture image thumbnail background scene view made make making do does did not no
    beautiful stunning cute big small little one very more most some any all just get got gets have
    has had can could will would should what when where which who whom whose how if then than so
    but about as up down left right out off new old high quality detailed ultra realistic dramatic
    lighting red blue green yellow orange purple pink black white brown gold silver every each too
    """
)
