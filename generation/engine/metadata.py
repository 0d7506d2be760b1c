"""The label in every file: what made it and from what, as XMP (IPTC) and EXIF."""

from typing import Final

from PIL import Image

from generation.engine import NAME

SOFTWARE_TAG: Final = 0x0131
TERMS: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# "composite": elements of any kind; "algorithmicMedia": made by an algorithm without trained data;
# "trainedAlgorithmicMedia": by a model that has learnt from pictures.
FROM_PHOTO: Final = TERMS + "composite"
DRAWN: Final = TERMS + "algorithmicMedia"
TRAINED: Final = TERMS + "trainedAlgorithmicMedia"

PACKET: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmp:CreatorTool="{tool}"
 Iptc4xmpExt:DigitalSourceType="{source}"/>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def source_type(*, has_photo: bool) -> str:
    return FROM_PHOTO if has_photo else DRAWN


def xmp_packet(source: str) -> bytes:
    return PACKET.format(tool=NAME, source=source).encode()


def exif_block() -> bytes:
    exif = Image.Exif()
    exif[SOFTWARE_TAG] = NAME
    return exif.tobytes()
