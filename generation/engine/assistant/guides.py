"""How the product works, topic by topic; prices and options are filled in from the facts."""

from typing import Final

from generation.engine.assistant.cleaning import in_one_line
from generation.engine.assistant.money import values_of
from generation.engine.assistant.replies import Answer, Desk, paragraphs

MOST_NAMES: Final = 5
LONGEST_NAME: Final = 60
GUIDES: Final = {
    "prices": """Prices in credits:

{prices}

The price stands beside the button before you press it. {balance}""",
    "credits": """**How credits work**

1. When you press Generate, the price is **held**.
2. When the result is in your library, it is **spent**.
3. If something fails or you cancel in time, it **comes back** by itself.

{prices}

{balance} {plan}""",
    "chat_price": """An answer in the chat costs **{chat}**. A **cached** answer costs 0: ask the \
same again within 24 hours and it comes at once; *fresh* asks anew. An answer that breaks off by \
itself costs nothing; one that you stop costs its price once a word has arrived.""",
    "refunds": """Credits are only **held** while something is made. If it fails, they **come back \
by themselves**, and your statement under **Credits** has a line that says so; you need not write \
to anybody. If some pictures of an order work and some do not, you pay only for those that came. \
Canceling in time gives everything back. Something that was delivered stays paid.""",
    "balance": """{balance} {plan}""",
    "plans": """{plan}

When a limit is reached, the answer says when to come back; nothing is charged for what was \
refused. {balance}""",
    "more_credits": """{balance} {plan}

What each thing costs:

{prices}

Whether more can be bought on this server, the page **Credits** says; I cannot sell any.""",
    "keys": """**API keys**

1. Open **Account → API keys**, give the key a name and create it. It is shown once: copy it.
2. Send it with every request: `Authorization: Bearer vis_…`
3. Everything the pages do is under `/api/v1`; the documentation is at **/api/docs**.
4. Programs that speak OpenAI's language use the base URL `/v1` of this server with the same key.

A key acts as you and spends your credits. Revoke it on the same page if it leaks.""",
    "deletion": """**Deleting**

- **Pictures and photos**: Delete in the library; they wait in the **bin** for 30 days and can be \
restored. Then the files are erased for good.
- **A clone**: on its page, Delete. It goes at once and everywhere, also at the provider, without \
a bin; you get a receipt, place by place. Its source photos go 30 days after the training anyway.
- **A conversation**: Delete in the list, with undo.
- **The account**: **Account → Privacy** says what is possible; what is not there yet, ask whoever \
runs this server.""",
    "privacy": """**Privacy**

- Your pictures, photos and conversations are yours alone: the database itself keeps other people \
out.
- Files open only by addresses signed for you that expire.
- Photos are drawn anew when they arrive, without place and camera data.
- A clone needs consent, word for word; you can withdraw it, and it is erased everywhere.
- This answer was made on this server by rules: nothing of the chat left it.

**Account → Privacy** lists what is kept and for how long.""",
    "cancel": """Open the job from the studio or the queue and press **Cancel**. What is held \
comes back at once. What is being drawn stops at its next step; what was delivered stays, and \
stays paid.""",
    "account": """**Account** has it: your name and address, the password and every browser that \
is signed in under **Security** (sign out one, or all but this one), API keys, and **Privacy**.""",
    "unhappy": """Then change one thing and make it again:

- **Pictures**: press **Remix** on it in the library, or tell me the prompt and what to change.
- **Thumbnails, ads and videos**: another title, other words or another cut are free.
- **A clone** that is not like you: one retraining is free.

What was delivered stays paid; what failed is given back by itself.""",
    "packs": """A **pack** is a set of portraits of your clone, ordered at once. On offer: \
{packs}. Open **Clones**, choose a ready clone, then a pack; each picture costs {image}. Leave out \
the ones you do not want before you order.""",
    "clone_photos": """**Photos for a clone** ({photos}; a dozen good ones is plenty)

- One person in each, **face large and sharp**, eyes visible: no sunglasses, no hand before it.
- **Soft daylight** from the front or side; not against a window, no flash.
- **Vary**: front, half left, half right; close and waist up; different days, clothes and places.
- The camera at eye level, from two steps away: selfies from near bend a face.
- No filters, no group photos, no copies of one picture.

The coach under **Clones** says of each photo how good it is before you pay. A clone costs \
{training}.""",
    "clones": """**AI clones** ({training}, once)

1. **Clones → New clone**: choose {photos} photos of yourself, a product or a style. The coach \
judges each before you pay.
2. Agree to what is done with them, and give it a name.
3. When it is ready you get a mail and four proof shots for nothing. Not like you? One retraining \
is free.
4. Choose the clone in the studio when you order an image ({image}) or a thumbnail ({thumbnail}), \
or take a pack.

Without a provider for training it is a *local profile*: your own photos, cut out and set into \
scenes.""",
    "library": """Everything you made is in the **Library**: search, filter by kind, star, and \
open any for its facts. Mark several to download them as a ZIP or to delete them. **Remix** begins \
again with the same settings. What you delete waits 30 days in the bin. New title, other words and \
a new cut of a film are free.""",
    "thumbnails": """**Thumbnails** ({thumbnail} each, up to {most_thumbnails} at once)

1. **Studio → Thumbnail**: write the title; five words or fewer read best.
2. Choose a style ({styles}), colors ({schemes}) and a shape ({ratios}).
3. Add a photo to be cut out, choose a clone, or describe what is to be seen.
4. Several at once differ in hook, crop and colors. Another title on the same picture is free.

For a face to the camera take *bold*; for a calm desk or product *minimal*; for travel \
*cinematic*.""",
    "images": """**Images** ({image} each, up to {most_images} at once)

1. **Studio → Image**: describe thing, place, light and style, in that order.
2. **Make it better** adds what is missing and keeps your words.
3. Choose a shape: {ratios}.

Or tell me what you want to see, and I write the prompt and a card for it.""",
    "enhance": """**A good prompt** names, in this order: the thing, the place, the light, the \
medium or lens, the mood: *a fox in a misty forest at sunrise, photo, 50mm, soft light*. One or \
two things are enough; say what is **not** to be seen with *no …*. Write it here (*make a better \
prompt for …*) or use **Make it better** in the studio; an image costs {image}.""",
    "videos": """**Videos** ({video} each)

1. **Studio → Video**: the product's name, 1 to {product_photos} photos, and what is special about \
it; the scenes are written from that.
2. Choose the length ({seconds} seconds), quality ({qualities}), shape, and music ({music}).
3. Captions and a voice-over are switches; the voice is synthetic and says so.
4. Afterwards you can trim it and change words, captions, music and voice for nothing.

Ask me for a *video script for …* first, if you like.""",
    "ads": """**Product ads** ({product_ad} a set: {formats})

1. **Studio → Product ad**: the name and 1 to {product_photos} photos of it.
2. Write a description; an offer such as *20% off* becomes a badge. Leave headline and button \
empty and they are written for you.
3. Style: {ad_styles}. *auto* takes the one that suits the product.
4. The product's pixels are never changed; other words on the finished ad are free.""",
    "product_photos": """**Photos of a product** (1 to {product_photos})

- The **whole** product, nothing cut off, filling about two thirds of the picture.
- Before a plain ground that differs from it in color; nothing in front of it.
- **Soft, even light**: near a window, no flash, no hard shadow.
- From a little above eye level for what stands; straight from above only for what lies.
- Sharp, at least 1,000 pixels wide, without text or stickers.

Send two or three views: the best one is cut out. A set of ads costs {product_ad}, a video \
{video}.""",
    "export": """**Taking things home**

- One picture or video: open it in the **Library** and press Download.
- Many: mark them, then Download: a ZIP, videos with their captions.
- Your credit statement: **Credits**, as CSV.
- Conversations: export in the chat.
- By program: `/api/v1/assets` with an API key.""",
    "chat": """**The chat**: each answer is {chat}, a cached one 0. You can stop an answer, ask \
for another one, edit your message (the old branch stays), search, rename and delete \
conversations, and export them. When I propose something to make, a card shows its price; nothing \
runs before you press it.""",
    "projects": """A **project** keeps a product together: its name, brief and photos, and the ads \
and videos made for it. Make one under **Projects**; from it the studio opens with everything \
filled in. Deleting a project leaves what was made for it in your library.""",
}


def guide_answer(desk: Desk) -> Answer:
    """What the product does about a topic."""
    topic = desk.ask.topic
    text = GUIDES[topic].format_map(values_of(desk.facts)).strip()
    named = {"clones": ("Ready", desk.facts.clones), "projects": ("Yours", desk.facts.projects)}
    label, names = named.get(topic, ("", ()))
    shown = ", ".join(f"**{in_one_line(name, LONGEST_NAME)}**" for name in names[:MOST_NAMES])
    return Answer(paragraphs(text, f"{label}: {shown}." if shown else ""))
