"""What people ask of a picture in words: places, hours, weathers, styles, looks, colors, things.

A phrase may mean several things ("snow" is a place and a weather); underscores join its words.
"""

from typing import Final

from generation.engine.synonyms import NOT_OBJECTS, SYNONYMS, words_of

type Phrase = tuple[str, ...]
type Meaning = tuple[str, str]  # the kind, and which of it

# Places, the most particular first: where a prompt names several, the first of these is painted.
SCENES: Final = {
    "mars": "mars martian red_planet",
    "moon": "on_the_moon lunar moon_surface moonscape moon_landing surface_of_the_moon",
    "space": (
        "space outer_space deep_space galaxy galaxies nebula nebulae cosmos cosmic universe orbit "
        "interstellar planet planets ringed_planet solar_system starfield"
    ),
    "underwater": "underwater under_the_sea coral_reef reef seabed ocean_floor diving deep_sea",
    "abstract": (
        "abstract liquid fluid swirl swirls swirling marble marbled texture wallpaper pattern "
        "molten flowing gradient"
    ),
    "city": (
        "city cities skyline street streets urban downtown skyscraper skyscrapers metropolis "
        "tokyo new_york manhattan cyberpunk futuristic_city buildings"
    ),
    "office": "office boardroom workplace startup coworking lobby meeting_room",
    "kitchen": "kitchen cafe coffee_shop bakery restaurant apartment living_room home room indoors",
    "workshop": "workshop garage factory warehouse",
    "laboratory": "laboratory lab clinic hospital",
    "hall": "hall museum gallery palace ballroom library university",
    "park": "park garden backyard",
    "beach": "beach seashore shore seaside sandy_beach coast coastline lagoon",
    "island": "island islands tropical sea ocean open_sea archipelago bay",
    "dune": "desert dune dunes sahara sand_dunes",
    "mesa": "canyon mesa canyons wild_west arizona badlands grand_canyon",
    "volcano": "volcano volcanic lava eruption",
    "snow": "snow snowy winter arctic antarctica glacier north_pole tundra ice_field icy",
    "mountain": (
        "mountain mountains alps peaks peak valley fjord lake lakes mountain_lake highlands river "
        "alpine himalaya"
    ),
    "autumn": "autumn autumnal fall_leaves fall_colors",
    "forest": "forest forests woods woodland jungle rainforest",
    "hills": (
        "hill hills meadow meadows field fields farm countryside grass grassland pasture prairie "
        "nature landscape lawn savanna savannah steppe"
    ),
    "clouds": "above_the_clouds in_the_clouds cloudscape heaven in_the_sky sky_full_of_clouds",
    "studio": (
        "studio podium pedestal plinth product_shot product_photo product_photography minimal "
        "minimalist plain_background packshot commercial"
    ),
}

# What a place shows besides: these words are met by it, but do not choose it.
ALSO_SHOWN: Final = {
    "mars": "rocks rocky sky dust dusty desert canyon landscape planet red",
    "moon": "craters crater stars sky moon earth surface landscape space dust",
    "space": "stars star starry ring rings sky dark milky_way dust",
    "underwater": (
        "water sea ocean bubbles bubble sunbeams sun_rays light_rays rays sand caustics blue deep"
    ),
    "abstract": "waves wave background shapes glossy shiny silk smooth metallic reflections",
    "city": "windows towers tower road sky lights light night_lights glowing neon_lights",
    "office": "windows desk table bright",
    "kitchen": "table cozy wooden wood desk counter",
    "workshop": "table tools wooden wood",
    "laboratory": "table science bright",
    "hall": "columns grand table",
    "park": "trees tree grass nature outdoors table",
    "beach": "sea ocean water waves wave sand sky horizon island tropical sandy shore",
    "island": "water waves wave horizon sky rocks cliffs beach reflection reflections",
    "dune": "sand sandy sky hot dunes landscape",
    "mesa": "rocks rock rocky cliffs cliff desert sky red landscape",
    "volcano": "smoke rocks rocky mountain mountains sky fire red landscape",
    "snow": "mountains mountain peaks ice sky cold white landscape hills valley",
    "mountain": "rocks rocky cliffs cliff sky snow-capped capped landscape nature water hills",
    "forest": "trees tree hills sky landscape nature mountains green",
    "autumn": "hills trees tree sky leaves landscape nature forest woods golden orange",
    "hills": "sky grassy green trees park garden backyard outdoors",
    "clouds": "sky clouds cloud sun air",
    "studio": "background product spheres render clean platform stage round",
}

FEATURES: Final = {
    "water": "lake lakes river pond fjord mountain_lake water reflection reflections lakeside",
    "trees": (
        "pine pines pine_trees pine_tree tree trees fir firs spruce spruces conifers forest "
        "forests woods woodland jungle rainforest evergreens"
    ),
    "palms": "palm palms palm_tree palm_trees tropical",
    "flowers": (
        "flowers wildflowers flower_field poppies daisies blossoms blooming wild_flowers "
        "flower_meadow lavender"
    ),
    "snow": "snow snowy winter snow-covered snow_covered frozen icy",
    "rain": "rain rainy raining drizzle downpour storm stormy rainstorm thunderstorm wet",
    "snowfall": "snowing snowfall snowflakes blizzard snowstorm christmas",
    "fog": "fog foggy mist misty haze hazy smoke smoky",
    "rainbow": "rainbow rainbows",
    "clouds": "clouds cloud cloudy",
    "moon": "moon full_moon moonlight moonlit",
    "sun": "sun sunlight sunshine sunbeams sunlit",
    "stars": "stars star starry starlight milky_way star_filled",
    "sky": "sky skies",
    "bokeh": (
        "bokeh shallow_depth_of_field depth_of_field blurred_background blurry_background "
        "soft_focus out_of_focus"
    ),
    "steam": "steam steaming",
    "flying": "flying floating soaring hovering levitating",
}

HOURS: Final = {
    "aurora": "aurora northern_lights aurora_borealis polar_lights",
    "neon": (
        "neon neon_lights cyberpunk synthwave vaporwave neon_glow neon_light outrun blade_runner"
    ),
    "sunset": "sunset sunsets dusk twilight evening sundown",
    "sunrise": "sunrise dawn morning daybreak early_morning",
    "night": "night nighttime midnight moonlit moonlight starry full_moon starlight nocturnal dark",
    "golden": "golden_hour golden_light warm_light late_afternoon afternoon",
    "overcast": "overcast gloomy cloudy gray_sky grey_sky storm stormy snowstorm blizzard",
    "day": "day daytime daylight sunny noon midday summer blue_sky clear_sky sunshine spring",
}
# Words for another hour that the chosen one fulfils as well.
AGREEING_HOURS: Final = {
    "aurora": "night",
    "neon": "night",
    "sunset": "golden",
    "golden": "sunset day",
    "sunrise": "golden day",
}

STYLES: Final = {
    "oil": (
        "oil_painting oil_paint oil_on_canvas painting painted impressionist impressionism "
        "van_gogh impasto brush_strokes brushstrokes"
    ),
    "watercolor": "watercolor watercolour aquarelle watercolors watercolor_painting gouache",
    "pencil": (
        "pencil_sketch pencil_drawing pencil sketch sketched drawing charcoal graphite hand_drawn"
    ),
    "comic": "comic comics comic_book pop_art halftone manga cartoon",
    "pixel": "pixel_art pixel pixelated 8_bit 8bit 16_bit 16bit retro_game",
    "lowpoly": "low_poly lowpoly polygonal polygon origami",
    "photo": (
        "photo photograph photography photographic photorealistic dslr photo_realistic photoreal "
        "realistic_photo 35mm 50mm 85mm snapshot"
    ),
    "render": (
        "render rendering 3d 3d_render cgi digital_art illustration illustrated blender "
        "octane_render 3d_rendering"
    ),
}

LOOKS: Final = {
    "noir": "black_and_white monochrome noir grayscale greyscale b&w",
    "vintage": "vintage retro analog sepia nostalgic film_grain old_film faded",
    "cinematic": "cinematic epic dramatic movie film_still moody majestic dramatic_light",
    "pastel": "pastel pastels dreamy ethereal delicate",
    "soft": "soft gentle soft_light calm peaceful serene quiet tranquil",
    "vivid": "vivid vibrant colorful colourful bright saturated bold lively cheerful",
    "warm": "warm cozy warm_colors warm_tones inviting",
    "cool": "cool_colors cold cool_tones icy_blue chilly",
}

FRAMINGS: Final = {
    "near": "close_up closeup macro portrait detail_shot",
    "far": "wide_angle wide_shot panorama panoramic far_away distant tiny aerial vast wide",
}

PALETTES: Final = {
    "neon": "neon synthwave vaporwave cyberpunk",
    "pastel": "pastel pastels dreamy",
    "ocean": "ocean sea water aqua marine",
    "fire": "fire fiery flames hot lava molten",
    "candy": "candy sweet kawaii bubblegum",
    "royal": "royal magic magical mystic mystical fantasy enchanted",
    "earth": "earthy coffee wooden chocolate",
    "ice": "ice icy frozen frosty",
    "mono": "black_and_white monochrome noir",
    "sunset": "sunset warm",
    "mint": "mint fresh",
    "gold": "luxury luxurious premium elegant golden",
}
PALETTE_COLORS: Final = {
    "neon": "#0a0420 #5b0fd0 #ff2e93 #22d3ee",
    "pastel": "#c9a7d8 #cddafd #fde2e4 #fff1e6",
    "ocean": "#03294a #0a6ea8 #37c2d0 #d9f6f2",
    "fire": "#1a0505 #8f1d14 #f26419 #ffd166",
    "candy": "#d84a86 #ff8fab #a0c4ff #fdffb6",
    "royal": "#120c34 #3b2a9c #8f6bff #f2d479",
    "earth": "#2b1d14 #7a4a2b #c98b54 #f0dcc0",
    "ice": "#0b1f3a #3b82c4 #a8dcf5 #f4fbff",
    "mono": "#0c0d10 #3a3d44 #9aa0aa #f4f5f7",
    "sunset": "#2a1a4a #a03b78 #ff7b54 #ffd56b",
    "mint": "#0b3b39 #1c8c7c #7fe0bd #f1fff6",
    "gold": "#17120a #6b4e16 #d4a537 #fff0c2",
}

COLORS: Final = {
    "red": "#d81f2a",
    "crimson": "#b0142e",
    "orange": "#f47b20",
    "yellow": "#f5cb1f",
    "gold": "#d4a12f",
    "golden": "#d4a12f",
    "lime": "#9bd42a",
    "green": "#2f9e44",
    "emerald": "#0f9d6b",
    "mint": "#7fe0bd",
    "teal": "#12908e",
    "turquoise": "#22c3c0",
    "cyan": "#22b8dd",
    "blue": "#2563d9",
    "navy": "#1b2a63",
    "indigo": "#4338ca",
    "purple": "#7c3aed",
    "violet": "#8b45e0",
    "magenta": "#d91e9b",
    "pink": "#f06ba8",
    "rose": "#e5637f",
    "brown": "#7a4a2b",
    "beige": "#e3cfae",
    "silver": "#b8bec8",
    "gray": "#7d838d",
    "grey": "#7d838d",
    "black": "#17181c",
    "white": "#f6f6f4",
}
SHADES: Final = words_of("bright dark light deep pale pastel neon vivid soft shiny glossy matte")

COUNTS: Final = {
    "two": 2, "pair": 2, "couple": 2, "three": 3, "trio": 3, "few": 3, "some": 3, "four": 4,
    "several": 4, "five": 5, "group": 5, "herd": 5, "many": 6, "six": 6, "flock": 6, "dozen": 6,
    "swarm": 6, "school": 6, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6,
}  # fmt: skip
NEGATIONS: Final = words_of("no without except excluding")

# Words that say nothing to look at: they hold a sentence together.
FUNCTION_WORDS: Final = words_of(
    """
    a an the of on in at with and or to for from by his her its their my your our is are was were
    be been being it this that these those i me we you he she they them into onto over under near
    next beside behind between above below around across after before against along among through
    toward towards upon within inside outside up down left right out off off as but so than then
    there here where when while which who whose whom how very really quite just also too more most
    please make create draw paint generate show me image picture scene view style art shot one
    single front back middle center top bottom side like some any all each every both im s t
    """
)

# Thumbnails take these words for an object that stands for an idea; a picture takes them literally.
_FIGURATIVE: Final = words_of(
    """
    flying travel trip airport vacation tourist wake early morning routine driving mortgage loan
    finance nba dunk cycling biking baking bake study studying learn learning reading education exam
    exams course history mind psychology smart thinking memory iq adhd focus dopamine goal goals aim
    photography photo photos filming vlog youtube youtuber tutorial shorts marketing growth grow
    growing stock stocks sales seo analytics trading views crash recession losing decline movie
    movies film director hollywood best champion future prediction predictions predict shipping
    delivery dropshipping logistics viral hot trending burn shocking unbelievable mindblowing crazy
    insane gym workout fitness muscle muscles strong exercise strength bodybuilding luxury haunted
    scary horror spooky world global countries planet university college degree graduate
    graduation diet healthy vegan nutrition audio listening hours waiting patience procrastination
    property estate realestate renting secret secrets unlock coding code programming developer
    software website app apps freelancing ideas tips tip inspiration creative creativity security
    privacy password hacked skincare cosmetics beauty search research investigate finding review
    advertising announcement ads advertise singing interview instagram tiktok rich wealth income
    million millionaire earn business profit passive budget painting paint painter art drawing
    design designer colors mindfulness calm race racing formula love dating relationship
    relationships ai automation launch startup startups boost skyrocket running run jogging sail
    sailing gardening garden shopping ecommerce store amazon sleep sleeping insomnia python
    minutes minute seconds speed quick faster productivity lab chemistry why wondering question
    questions win winning winner success championship gaming game games minecraft danger mistakes
    mistake avoid scam beware present giveaway death deadly die dead valentine kitchen genetics
    biology pregnant parenting energy electricity electric diy repair fix attract celebration
    celebrate stealth email emails mail christmas news king queen royalty
    """
)

OWN_THINGS: Final = {
    "man": "man-standing",
    "men": "man-standing",
    "guy": "man-standing",
    "boy": "man-standing",
    "woman": "woman-standing",
    "women": "woman-standing",
    "girl": "woman-standing",
    "lady": "woman-standing",
    "person": "person-standing",
    "people": "person-standing",
    "hiker": "person-walking",
    "traveler": "person-walking",
    "wanderer": "person-walking",
    "dancer": "woman-dancing",
    "runner": "person-running",
    "surfer": "person-surfing",
    "cyclist": "person-biking",
    "snowboarder": "snowboarder",
    "businessman": "man-office-worker",
    "businesswoman": "woman-office-worker",
    "ceo": "office-worker",
    "wizard": "man-mage",
    "fairy": "person-fairy",
    "vampire": "person-vampire",
    "mermaid": "person-merpeople",
    "detective": "detective",
    "doctor": "health-worker",
    "sheep": "ewe",
    "lamb": "ewe",
    "squirrel": "chipmunk",
    "wolves": "wolf",
    "mice": "mouse",
    "geese": "goose",
    "seagull": "bird",
    "seagulls": "bird",
    "bee": "honeybee",
    "bees": "honeybee",
    "ladybug": "lady-beetle",
    "ufo": "flying-saucer",
    "coral": "coral",
    "yacht": "motor-boat",
    "sports car": "racing-car",
    "race car": "racing-car",
    "jeep": "sport-utility-vehicle",
    "suv": "sport-utility-vehicle",
    "van": "minibus",
    "scooter": "motor-scooter",
    "vespa": "motor-scooter",
    "skyrocket": "rocket",
    "paper lantern": "red-paper-lantern",
    "lantern": "red-paper-lantern",
    "diamond ring": "ring",
    "jewel": "gem-stone",
    "jewelry": "ring",
    "wristwatch": "watch",
    "perfume": "lotion-bottle",
    "bottle": "lotion-bottle",
    "cream": "lotion-bottle",
    "champagne": "bottle-with-popping-cork",
    "boots": "hiking-boot",
    "boot": "hiking-boot",
    "high heels": "high-heeled-shoe",
    "heels": "high-heeled-shoe",
    "bag": "handbag",
    "shirt": "t-shirt",
    "sofa": "couch-and-lamp",
    "couch": "couch-and-lamp",
    "plant": "potted-plant",
    "plants": "potted-plant",
    "houseplant": "potted-plant",
    "lamp": "light-bulb",
    "cottage": "house-with-garden",
    "cabin": "hut",
    "hot air balloon": "hot-air-balloon",
    "hot air balloons": "hot-air-balloon",
    "coffee": "coffee-cup",
    "coffee cup": "coffee-cup",
    "cup of coffee": "coffee-cup",
    "cup of tea": "teacup-without-handle",
    "tea cup": "teacup-without-handle",
    "glass of wine": "wine-glass",
    "glass of beer": "beer-mug",
    "mug": "coffee-cup",
    "cup": "coffee-cup",
    "espresso": "coffee-cup",
    "cappuccino": "coffee-cup",
    "latte": "coffee-cup",
    "laptop": "laptop",
    "notebook computer": "laptop",
    "laptops": "laptop",
    "earth": "globe-showing-europe-africa",
    "globe": "globe-showing-europe-africa",
    "knight": "chess-pawn",
    "campfire": "fire",
    "bonfire": "fire",
    "dinosaur": "t-rex",
    "hedgehogs": "hedgehog",
    "cherry blossom": "cherry-blossom",
    "strawberries": "strawberry",
    "smartphone": "mobile-phone",
}
_LITERAL: Final = {word: name for word, name in SYNONYMS.items() if word not in _FIGURATIVE}
THINGS: Final = _LITERAL | OWN_THINGS
NEVER_THINGS: Final = NOT_OBJECTS - words_of("bug pie") | words_of(
    """
    eye eyes hand face brick door sparkle droplet high low light lights left right warning
    beans salt hot cold bright button red-square mountain-cableway painting pencil paintbrush
    crayon framed-picture artist-palette snow-capped-mountain milky-way bridge-at-night school post
    desert-island beach-with-umbrella national-park film-frames watching bright-button symbols
    """
)

# Where a thing belongs when the prompt names no place.
HOMES: Final = {
    "space": "rocket flying-saucer ringed-planet satellite astronaut alien",
    "underwater": (
        "tropical-fish fish blowfish shark dolphin octopus jellyfish squid turtle coral crab "
        "person-merpeople lobster"
    ),
    "island": (
        "sailboat ship passenger-ship motor-boat speedboat canoe ferry spouting-whale whale "
        "person-surfing"
    ),
    "clouds": (
        "airplane small-airplane helicopter hot-air-balloon balloon parachute eagle bird dove "
        "kite person-fairy"
    ),
    "dune": "camel two-hump-camel",
    "mesa": "cactus",
    "snow": "penguin snowman polar-bear skier snowboarder seal sled santa-claus christmas-tree",
    "mountain": "castle dragon person-walking goat llama",
    "forest": "deer owl bear wolf fox mushroom tent chipmunk hedgehog boar",
    "hills": (
        "horse cow ewe ram rabbit butterfly honeybee tractor house-with-garden house sunflower "
        "tulip dog cat goat pig lady-beetle hut elephant giraffe zebra lion tiger kangaroo "
        "unicorn t-rex sauropod bison"
    ),
    "city": (
        "automobile bus taxi motorcycle motor-scooter police-car ambulance fire-engine "
        "racing-car tram bicycle delivery-truck"
    ),
}


def _spelled(table: dict[str, str], kind: str) -> list[tuple[Phrase, Meaning]]:
    return [
        (tuple(phrase.replace("-", "_").split("_")), (kind, value))
        for value, phrases in table.items()
        for phrase in phrases.split()
    ]


def _meanings() -> dict[Phrase, tuple[Meaning, ...]]:
    spelled = [
        *_spelled(SCENES, "scene"),
        *_spelled(FEATURES, "feature"),
        *_spelled(HOURS, "hour"),
        *_spelled(STYLES, "style"),
        *_spelled(LOOKS, "look"),
        *_spelled(FRAMINGS, "framing"),
        *_spelled(PALETTES, "palette"),
        *_spelled({color: color for color in COLORS}, "color"),
    ]
    meanings: dict[Phrase, tuple[Meaning, ...]] = {}
    for phrase, meaning in spelled:
        meanings[phrase] = (*meanings.get(phrase, ()), meaning)
    return meanings


MEANINGS: Final = _meanings()
LONGEST: Final = max(len(phrase) for phrase in MEANINGS)
SHOWN: Final = {
    scene: frozenset(tuple(phrase.replace("-", "_").split("_")) for phrase in words.split())
    for scene, words in ALSO_SHOWN.items()
}
HOME_OF: Final = {name: scene for scene, names in HOMES.items() for name in names.split()}
