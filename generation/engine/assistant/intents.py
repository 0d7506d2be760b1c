"""Tell what a message wants: the words that stand for each thing the assistant can do."""

import re
from typing import Final

from generation.engine.synonyms import words_of

EMPTY: Final = "empty"
HELLO: Final = "hello"
THANKS: Final = "thanks"
NO: Final = "no"
ABOUT: Final = "about"
ORDERS: Final = "orders"  # to forget the rules, to play somebody
DANGER: Final = "danger"
INDECENT: Final = "indecent"
OPEN: Final = "open"
SUMS: Final = "sums"
GUIDE: Final = "guide"
NOTHING_YET: Final = "nothing_yet"

PROMPT: Final = "prompt"
TITLES: Final = "titles"
HEADLINES: Final = "headlines"
CAPTIONS: Final = "captions"
COPY: Final = "copy"
SCRIPT: Final = "script"
AD: Final = "ad"
VIDEO: Final = "video"
THUMBNAIL: Final = "thumbnail"
IMAGE: Final = "image"
CREATIVE: Final = frozenset(
    {PROMPT, TITLES, HEADLINES, CAPTIONS, COPY, SCRIPT, AD, VIDEO, THUMBNAIL, IMAGE}
)
VISUAL: Final = frozenset({PROMPT, IMAGE})
OF_PRODUCTS: Final = frozenset({HEADLINES, COPY, SCRIPT, AD, VIDEO})


def _any(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b")


POLITE: Final = re.compile(
    r"(?:(?:hi|hello|hey|there|ok|okay|please|so|and|well|now|then|also|but|visiona|assistant|just"
    r"|kindly|maybe|can you|could you|can u|could u|would you|will you|can i have|can i get"
    r"|could i have"
    r"|could i get|may i have|i want you to|i want to|i want|i need you to|i need to|i need"
    r"|i would like you to|i would like to|i would like|id like you to|id like to|id like|i wish"
    r"|im looking for|i am looking for|lets|let us|help me to|help me|help us) )*"
)
VERBS: Final = re.compile(
    r"(?:make|create|generate|produce|design|build|do|render|show|draw|paint|sketch|illustrate"
    r"|imagine|visualize|photograph|write|give|suggest|compose|come up with|think of|find|turn"
    r"|improve|enhance|polish|refine|rewrite|rephrase|fix|upgrade|optimize|plan|get|tell|need|want"
    r"|try|prepare|brainstorm|add|propose)(?: me| us| up| my| this| these| it into| that into"
    r"| this into| it in)* "
)
DRAWING: Final = words_of("draw paint sketch illustrate imagine visualize photograph render")
MAKING: Final = words_of("make create generate produce design show")
BETTERING: Final = words_of("improve enhance polish refine rewrite rephrase fix upgrade optimize")
ASKING: Final = re.compile(
    r"(?:how|what|whats|which|who|where|wheres|when|why|whose|can|could|do|does|did|is|are|am|was"
    r"|will|would|may|should|shall|explain|tell me (?:about|how|what|why|more)|show me how"
    r"|i want to know|i dont understand|any tips|tips)\b"
)

# What can be written or made, the compound names first: "video titles" are titles, not a video.
NOUNS: Final = re.compile(
    r"\b(?:"
    r"(?P<prompt>(?:(?:better|image|picture|photo|video|thumbnail|ai) ){0,3}prompts?)"
    r"|(?P<titles>(?:(?:video|youtube|thumbnail|short|shorts|blog|catchy|clickbait) ){0,3}"
    r"(?:titles?|hooks?)|(?:video|content|youtube|channel|shorts?|thumbnail|reels?) ideas?"
    r"|ideas? for (?:(?:a|an|my|some|new|youtube) ){0,3}(?:videos?|channel|shorts?|thumbnails?"
    r"|content|reels?))"
    r"|(?P<headlines>(?:(?:ad|product|catchy) ){0,2}(?:headlines?|slogans?|taglines?|claims?))"
    r"|(?P<captions>(?:(?:instagram|tiktok|photo|image|picture|video|social|social media|linkedin"
    r"|facebook) ){0,2}(?:captions?|hashtags?)|(?:instagram|tiktok|social media|linkedin|facebook)"
    r" posts?)"
    r"|(?P<copy>(?:ads?|advert|advertising|sales|marketing|product|promo|shop) (?:copy|texts?"
    r"|wording|descriptions?)|copywriting)"
    r"|(?P<script>(?:(?:video|film|short|reel|tiktok|youtube|ad|product) ){0,2}(?:scripts?"
    r"|storyboards?|shot ?lists?|screenplay|voice ?over|voiceover))"
    r"|(?P<video>(?:(?:product|ad|promo|short|explainer|promotional) ){0,2}(?:videos?|films?|clips?"
    r"|reels?|animations?|movies?))"
    r"|(?P<ad>(?:product )?(?:ads?|adverts?|advertisements?|banners?|promos?|commercials?"
    r"|campaigns?))"
    r"|(?P<thumbnail>(?:(?:youtube|video) )?thumbnails?)"
    r"|(?P<image>(?:profile )?(?:images?|pictures?|pics?|photos?|photographs?|illustrations?"
    r"|drawings?|wallpapers?|logos?|posters?|artworks?|headshots?|(?:paintings?|portraits?|sketch"
    r"|sketches|backgrounds?|icons?|watercolou?rs?)(?= (?:of|for|with|showing) )))"
    r")\b"
)

GUARDS: Final = (
    (
        DANGER,
        _any(
            "kill myself|killing myself|suicide|suicidal|self harm|self-harm|hurt myself"
            "|harm myself|end my life|want to die"
        ),
    ),
    (
        INDECENT,
        _any("nudes?|nsfw|porn\\w*|undress\\w*|explicit sex\\w*|sexual|erotic\\w*|deepfakes?"),
    ),
    (
        ORDERS,
        _any(
            "(?:ignore|disregard|forget|override|bypass)"
            " (?:(?:all|any|the|your|my|every|of|these|those) ){0,4}"
            "(?:previous|prior|above|earlier|rules?|instructions?|prompts?|restrictions?)"
            "|system prompt|developer mode|jailbreak\\w*|you are now|pretend (?:to be|you|that you)"
            "|act as (?:an?|if|dan)|(?:reveal|print|repeat|show) (?:me )?your"
            " (?:instructions?|rules|prompt|system|secrets?|configuration|api keys?)"
        ),
    ),
)
SMALL_TALK: Final = (
    (
        NO,
        re.compile(
            r"(?:no|nope|nah|stop|never ?mind|forget it|not now|cancel that|no (?:thanks"
            r"|thank you))"
            r"(?: (?:please|thanks|thank you|now|it))*"
        ),
    ),
    (
        HELLO,
        re.compile(
            r"(?:hi|hello|hey|yo|hiya|howdy|greetings|good (?:morning|afternoon|evening|day))"
            r"(?: (?:there|visiona|assistant|everyone|again|how are you|you))*"
        ),
    ),
    (
        THANKS,
        re.compile(
            r"(?:(?:ok|okay|great|perfect|cool|nice|awesome|very|many|good|so|that|is|thats|it|was"
            r"|all|for|now|wow|love) ?)*(?:thanks|thank you|thx|ty|cheers|bye|goodbye|good night"
            r"|see you|great|perfect|nice|cool|awesome|love it)"
            r"(?: (?:a lot|so much|very much|much|you|for (?:the|your|all) \w+|for now"
            r"|later|bye|man))*"
        ),
    ),
    (
        ABOUT,
        re.compile(
            r"(?:help|help me|what can you do|what do you do|what can i do(?: here)?|who are you"
            r"|who made you"
            r"|what are you|how can you help(?: me)?|what can you help(?: me)? with"
            r"|what is (?:this|visiona)|whats (?:this|visiona)|how does (?:this|visiona|it) work"
            r"|commands|menu|start|(?:what|which) (?:ai |language )?model(?: \w+){0,5}"
            r"|are you (?:an? )?(?:\w+ )?(?:ai|bot|human|robot|person|chatgpt|gpt|gemini|real"
            r"|model)"
            r"|what (?:are|is) your (?:features|capabilities|commands))(?: here| exactly| please)*"
        ),
    ),
)

# What people ask about the product. Strong words are the product's own; weak ones only count in
# a question about using it.
STRONG: Final = (
    ("chat_price", _any("(?:chat|answers?|messages?|question) (?:cost|costs|credits?|price)")),
    ("refunds", _any("refund\\w*|money back|credits back|charged twice|double charged")),
    (
        "balance",
        _any("my balance|balance|credits (?:do i have|left|remaining|have i)|have left"),
    ),
    ("plans", _any("plans?|limits?|quota|subscri\\w+|upgrade|per day|a day|daily")),
    ("more_credits", _any("(?:buy|get|earn|purchase|more|free) (?:more )?credits|top up")),
    ("keys", _any("apis?|api keys?|openai client|sdk|endpoint|base url|webhooks?|curl")),
    ("deletion", _any("delete|deleted|deletes|erase|erased")),
    ("cancel", _any("cancel\\w*|jobs?|queue")),
    ("account", _any("password|log out|logout|sign out|log in|sign in|my e?-?mail")),
    ("unhappy", _any("dont like|not happy|unhappy|looks? (?:bad|wrong|ugly)|bad results?")),
    ("packs", _any("packs?")),
    ("clone_photos", _any("(?:selfies?|photos?|pictures?) .{0,40}\\b(?:clones?|training)"
                          "|(?:clones?|training) (?:photos?|pictures?)|selfies?")),
    ("clones", _any("clones?|likeness|lora|my face|avatar|training")),
    ("credits", _any("credits?")),
    ("library", _any("library|gallery")),
    ("thumbnails", _any("thumbnails?")),
)  # fmt: skip
WEAK: Final = (
    ("credits", _any("charged?|pay|paid")),
    (
        "prices",
        _any("how much|prices?|pricing|costs?|expensive|cheap|free"),
    ),
    ("refunds", _any("fails?|failed|failure|goes wrong|went wrong|broken|error")),
    ("deletion", _any("delete|deleted|remove|erase|bin|trash|restore|recover|undo")),
    (
        "privacy",
        _any(
            "privacy|private|gdpr|my data|who (?:can )?sees?|see my|safe|secure|kept|stored?|share"
        ),
    ),
    ("export", _any("export|downloads?|zip|save|csv")),
    (
        "product_photos",
        _any("(?:product )?photos? .{0,40}\\b(?:products?|ads?)|product (?:photos?|pictures?)"),
    ),
    ("enhance", _any("prompts?|make it better|enhance")),
    ("videos", _any("videos?|films?|clips?|reels?|captions|voice|music")),
    ("ads", _any("ads?|adverts?|banners?|products?")),
    ("clones", _any("train|training|face|myself")),
    ("chat", _any("chat|conversations?|regenerate|branch|stop|cached?")),
    ("projects", _any("projects?")),
    ("images", _any("images?|pictures?|photos?|upload\\w*")),
)
USING: Final = _any(
    "how to|how long|happens|have|has|there|formats?|sizes?|styles?|difference|i|me|my|you|your"
    "|here|visiona|we|our|one|it|make|create|order|use|upload"
    "|train|tips?|cost|costs|price|prices|much"
)
ELSEWHERE: Final = _any(
    "medic\\w+|medication|ibuprofen|paracetamol|aspirin|doctor|dose|dosage|symptoms?|diagnos\\w+"
    "|disease|cancer|pregnan\\w+|therapy|lawyer|legal|illegal|lawsuit|sue|court|tax|taxes"
    "|invest\\w*"
    "|stocks?|crypto\\w*|bitcoin|weather|news|president|capital of|election|recipe|translate"
    "|homework|weapons?|explosives?|bombs?|malware|ransomware|hack into"
)
WRITTEN: Final = _any(
    "poems?|essays?|story|stories|songs?|lyrics|code|program|programme|function|emails?|letters?"
    "|resume|cv|business plan|plan|recipes?|(?<!price )lists?|table|spreadsheet|summary"
    "|translation|app|website|joke|jokes|speech|article|novel|blog"
    "|sense|sure|decision|music|audio|sounds?"
)
TIMES: Final = _any(
    "how many (?!photos|pictures|selfies)|with \\d+ credits?|for \\d+ credits?|have \\d+ credits?"
    "|enough for|afford|enough credits"
)
PRICED: Final = _any("how much|costs?|price|credits?")
COUNTED: Final = _any("\\d{1,5}|two|three|four|five|six|seven|eight|nine|ten")
KIND_WORDS: Final = {
    "image": "images? pictures? pics? photos?",
    "thumbnail": "thumbnails?",
    "product_ad": "ads? adverts? sets?",
    "video": "videos? films? clips? reels?",
    "training": "clones? trainings?",
}
CERTAIN: Final = frozenset({"chat_price", "refunds", "balance", "plans"})


def is_sum(gist: str) -> bool:
    """Whether credits are to be reckoned with: how many of what, or what so many cost."""
    names_kind = any(_any(words.replace(" ", "|")).search(gist) for words in KIND_WORDS.values())
    if TIMES.search(gist):
        return names_kind or "credit" in gist
    return bool(names_kind and PRICED.search(gist) and COUNTED.search(gist))
