#!/bin/bash
#
# Goal: a photographed contract is filed with its provenance, signed by who
# scanned it; what tells where it was taken never reaches the vault, and the
# picture is the same; somebody else compares it with the paper, later; who
# scanned it cannot, and until then it is due to the others. A PDF of such
# photographs tells no more than they do; a visit and a copy have it all too.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/journey.sh
. "$(dirname "$0")/journey.sh"

is() { [ "$1" = "$2" ] || fail "« $1 » au lieu de « $2 »"; }

CANARY="48.5403N-2.6554E-CANARI"
HOME_B=/run/home/bruno
KEY_B=$HOME_B/.ssh/id_ed25519
KEY_C=/run/home/claire/.ssh/id_ed25519

# photo IN OUT: with a position in EXIF and in XMP, IPTC, a comment, a trailer.
photo() {
	CANARY=$CANARY python3 - "$1" "$2" <<-'END'
		import os, struct, sys
		p, c = open(sys.argv[1], "rb").read(), os.environ["CANARY"].encode()
		seg = lambda m, b: struct.pack(">BBH", 255, m, len(b) + 2) + b
		gps = struct.pack("<HHHIIHHII", 2, 0x0112, 3, 1, 6, 0x8825, 4, 1, 38)
		gps += struct.pack("<I", 0) + struct.pack("<HHHII", 1, 2, 2, len(c), 56)
		gps += struct.pack("<I", 0) + c
		add = seg(0xe1, b"Exif\0\0II*\0\x08\0\0\0" + gps)
		add += seg(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + c)
		add += seg(0xed, b"Photoshop 3.0\0" + c) + seg(0xfe, c)
		assert p[:2] == b"\xff\xd8"
		open(sys.argv[2], "wb").write(p[:2] + add + p[2:] + c)
	END
	chmod 0644 "$2"
}

png_photo() {
	CANARY=$CANARY python3 - "$1" "$2" <<-'END'
		import os, struct, sys, zlib
		p, c = open(sys.argv[1], "rb").read(), os.environ["CANARY"].encode()
		ch = lambda t, b: (struct.pack(">I", len(b)) + t + b +
		                   struct.pack(">I", zlib.crc32(t + b)))
		at = 8 + 25
		add = ch(b"eXIf", b"MM\0*" + c) + ch(b"tEXt", b"Comment\0" + c)
		add += ch(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + c)
		open(sys.argv[2], "wb").write(p[:at] + add + p[at:])
	END
	chmod 0644 "$2"
}

scratch_disk
build_vault
start_all
unseal
make_files
cat >/run/home/amelie/case.json <<-END
	{ "stage": "amont", "source": "ccapex", "title": "Alix Durand",
	  "commune": "Melun",
	  "persons": [ {"role": "titulaire", "name": "Alix Durand"} ] }
END
CASE=$(as amelie sceau --json case open --from /run/home/amelie/case.json |
	jq -er .ref)
as_material $HOME_B/plain.jpg "$MATERIAL/make_jpeg.py"
as_material $HOME_B/plain.png "$MATERIAL/make_png.py"
photo $HOME_B/plain.jpg $HOME_B/page-1.jpg
png_photo $HOME_B/plain.png $HOME_B/page-2.png

# --- where it was taken ---------------------------------------------------
scan() {
	as bruno sceau --json file "$CASE" contrat-engagement "$@" \
	    --level handwritten-scan
}
provenance=(--sign-key $KEY_B --device "Téléphone d'équipe"
    --paper-at "Armoire B, chemise 12" --originals 2 --given-to "le ménage")
grep -q "$CANARY" $HOME_B/page-1.jpg $HOME_B/page-2.png
scan $HOME_B/page-1.jpg $HOME_B/page-2.png "${provenance[@]}" \
    >$OUT/scan.json 2>$OUT/scan.err
grep -q "retirés de la photo" $OUT/scan.err || fail "rien n'est dit"
DOC=$(json $OUT/scan.json .document)
for n in 1 2; do
	as claire sceau get "$DOC" --page $n -o /run/home/claire/page-$n
	if grep -qa "$CANARY" /run/home/claire/page-$n; then
		fail "page $n : le lieu est dans le coffre"
	fi
done
same /run/home/claire/page-2 $HOME_B/plain.png
# Upright, as the telephone said: the orientation alone is left of EXIF.
python3 - $HOME_B/plain.jpg /run/home/claire/page-1 <<-'END'
	import sys
	a, b = (open(f, "rb").read() for f in sys.argv[1:])
	exif = bytes.fromhex("ffe10022457869660000") + bytes.fromhex(
	    "4d4d002a00000008000101120003000000010006000000000000")
	assert b == a[:2] + exif + a[2:], "another picture"
END
# Refused before anything is sent.
head -c 3000 $HOME_B/page-1.jpg >$HOME_B/cut.jpg
refused 7 'cette photo est abîmée' scan $HOME_B/cut.jpg
openssl rand 64 >$HOME_B/any.p7s
refused 7 'une signature couvre cette photo' scan $HOME_B/page-1.jpg --signature $HOME_B/any.p7s
ok "le lieu ne part pas du poste : EXIF, XMP, IPTC, PNG ; l'image est la même"

# --- the same inside a PDF --------------------------------------------------

# in_pdf JPEG OUT [PDF]: a PDF of this picture, as scanning applications make
# them, with a description; or a revision more of another PDF.
in_pdf() {
	CANARY=$CANARY python3 - "$@" <<-'END'
		import os, re, sys
		jpeg, c = open(sys.argv[1], "rb").read(), os.environ["CANARY"].encode()
		xmp = (b"<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta"
		       b" xmlns:x='adobe:ns:meta/'><r exif:GPSLatitude='" + c +
		       b"'><photoshop:City>" + c + b"</photoshop:City><dc:title>"
		       b"Bail</dc:title></r></x:xmpmeta><?xpacket end='w'?>")
		stream = lambda d, b: (b"<< " + d + b" /Length %d >>\nstream\n" %
		                       len(b) + b + b"\nendstream")
		draw = b"q 595 0 0 842 0 0 cm /I Do Q"
		image = (b"/Type /XObject /Subtype /Image /Width 64 /Height 64"
		         b" /ColorSpace /DeviceRGB /BitsPerComponent 8"
		         b" /Filter /DCTDecode")
		objects = {
		    1: b"<< /Type /Catalog /Pages 2 0 R /Metadata 6 0 R >>",
		    2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		    3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]"
		       b" /Contents 4 0 R /Resources << /XObject << /I 5 0 R"
		       b" >> >> >>",
		    4: stream(b"", draw), 5: stream(image, jpeg),
		    6: stream(b"/Type /Metadata /Subtype /XML", xmp)}
		out, rows, prev = b"%PDF-1.7\n", b"0 1\n0000000000 65535 f \n", b""
		if len(sys.argv) > 3:
		    out = open(sys.argv[3], "rb").read()
		    prev = b" /Prev %d" % int(re.findall(rb"startxref\s+(\d+)",
		                                         out)[-1])
		    objects = {60: objects[5], 61: objects[6]}
		for n, body in objects.items():
		    rows += b"%d 1\n%010d 00000 n \n" % (n, len(out))
		    out += b"%d 0 obj\n%s\nendobj\n" % (n, body)
		out += (b"xref\n" + rows + b"trailer\n<< /Size 62 /Root 1 0 R%s >>\n"
		        b"startxref\n%d\n%%%%EOF\n" % (prev, len(out)))
		open(sys.argv[2], "wb").write(out)
	END
	chmod 0644 "$2"
}

piece() { as bruno sceau --json file "$CASE" piece "$@"; }

got_back() {
	rm -f /run/home/claire/retour.pdf
	as claire sceau get "$1" -o /run/home/claire/retour.pdf >/run/work/quiet
}

in_pdf $HOME_B/page-1.jpg $HOME_B/scan.pdf
grep -qa "$CANARY" $HOME_B/scan.pdf || fail "pas de lieu"
piece $HOME_B/scan.pdf >$OUT/pdf.json 2>$OUT/pdf.err
grep -q "effacés des photos du PDF" $OUT/pdf.err || fail "$(cat $OUT/pdf.err)"
is "$(json $OUT/pdf.json '.place | join(" ")')" removed
got_back "$(json $OUT/pdf.json .document)"
if grep -qa "$CANARY" /run/home/claire/retour.pdf; then
	fail "le lieu est dans le coffre"
fi
# Each byte is where it was, the picture is the same, the title stays.
python3 - $HOME_B/scan.pdf /run/home/claire/retour.pdf <<-'END'
	import sys
	a, b = (open(f, "rb").read() for f in sys.argv[1:])
	assert len(a) == len(b), "another length"
	assert {y for x, y in zip(a, b) if x != y} <= {0, 32}, "other bytes"
	for kept in (b"<dc:title>Bail</dc:title>", b"\xff\xda", b"xref"):
	    assert a.index(kept) == b.index(kept), kept
	at = a.index(b"\xff\xda")
	end = a.index(b"\xff\xd9", at)
	assert a[at:end] == b[at:end], "another picture"
END
# What nothing was removed of is the same file, and nothing is said.
in_pdf $HOME_B/plain.jpg $HOME_B/nu.pdf
sed -i "s/$CANARY/$(printf '%*s' ${#CANARY} '')/g" $HOME_B/nu.pdf
piece $HOME_B/nu.pdf >$OUT/pdf.json 2>$OUT/pdf.err
[ ! -s $OUT/pdf.err ] || fail "$(cat $OUT/pdf.err)"
is "$(json $OUT/pdf.json '.place // "rien"')" rien
got_back "$(json $OUT/pdf.json .document)"
same $HOME_B/nu.pdf /run/home/claire/retour.pdf
# A signed one stays as it is, and that is told; also with a signature beside.
in_pdf $HOME_B/page-1.jpg $HOME_B/signe.pdf $FILES/contrat.pdf
in_pdf $HOME_B/page-1.jpg $HOME_B/a-cote.pdf $FILES/contrat-2.pdf
quiet openssl cms -sign -binary -cades -md sha256 -outform DER \
    -in $HOME_B/a-cote.pdf -signer /run/work/pki/menage.pem \
    -inkey /run/work/pki/menage.key -out $HOME_B/a-cote.p7s
chmod 0644 $HOME_B/a-cote.p7s
for name in signe a-cote; do
	beside=()
	[ $name = signe ] || beside=(--signature $HOME_B/a-cote.p7s)
	piece $HOME_B/$name.pdf "${beside[@]}" >$OUT/pdf.json 2>$OUT/pdf.err
	grep -q "ce PDF est signé" $OUT/pdf.err || fail "$(cat $OUT/pdf.err)"
	is "$(json $OUT/pdf.json '.place | join(" ")')" kept
	got_back "$(json $OUT/pdf.json .document)"
	same $HOME_B/$name.pdf /run/home/claire/retour.pdf
done
is "$(json $OUT/pdf.json .indication)" TOTAL-PASSED
# What cannot be told apart from the picture is refused, before it is sent.
in_pdf $HOME_B/page-1.jpg $HOME_B/abime.pdf
python3 - $HOME_B/abime.pdf <<-'END'
	import sys
	b = open(sys.argv[1], "rb").read()
	at = b.index(b"\xff\xe1")
	open(sys.argv[1], "wb").write(b[:at + 2] + b"\0\1" + b[at + 4:])
END
refused 7 'une photo de ce PDF est abîmée' piece $HOME_B/abime.pdf
# A visit's files go through the same.
{ cat $HOME_B/scan.pdf; printf '%% visite\n'; } >$HOME_B/visite.pdf
chmod 0644 $HOME_B/visite.pdf
quiet as bruno sceau --json visit "$CASE" piece=$HOME_B/visite.pdf
grep -q "effacés des photos du PDF" /run/work/quiet ||
	fail "$(cat /run/work/quiet)"
ok "le lieu des photos d'un PDF s'efface sur place ; un PDF signé reste le même, et on le dit"

# --- where it comes from ---------------------------------------------------
as claire sceau --json show "$DOC" >$OUT/show.json
is "$(json $OUT/show.json .provenance.scanned_by)" bruno
is "$(json $OUT/show.json .provenance.pages)" 2
is "$(json $OUT/show.json '.provenance.given_to[0]')" "le ménage"
# The page is signed as stock ssh-keygen understands it.
json $OUT/show.json .provenance.signature >$OUT/page.sig
echo "bruno $(cat $KEY_B.pub)" >$OUT/signers
jq -j .provenance.text $OUT/show.json | quiet ssh-keygen -Y verify \
    -f $OUT/signers -I bruno -n sceau-provenance -s $OUT/page.sig
refused 2 sign-key scan $HOME_B/page-1.jpg --device X
quiet ssh-keygen -q -t ed25519 -N "" -f $HOME_B/other
chown bruno: $HOME_B/other
refused 7 "pas signée par une clé à vous" scan $HOME_B/plain.jpg --sign-key $HOME_B/other \
    --device X --paper-at Y --originals 1
ok "la provenance est signée, et se vérifie avec ssh-keygen"

# --- the second person -----------------------------------------------------
waits() {
	as "$1" sceau --json due |
		jq '[.due[] | select(.what == "scan-check")] | length'
}
is "$(json $OUT/show.json .scan_check.state)" unchecked
is "$(waits bruno)" 0
is "$(waits claire)" 1
refused 7 'ne vérifie pas' as bruno sceau --json check-scan "$DOC" \
    --finding faithful --key $KEY_B
as claire sceau check-scan "$DOC" --finding faithful --key $KEY_C >$OUT/checked
is "$(waits claire)" 0
as amelie sceau show "$DOC" >$OUT/shown
grep -q "Vérifiée, fidèle" $OUT/shown || fail "la vérification ne se voit pas"
grep -q "Armoire B" $OUT/shown || fail "la provenance ne se voit pas"
ok "la deuxième personne vérifie plus tard ; jamais qui a numérisé"

# --- a visit, and what the household may take away --------------------------
VISIT=$(as amelie sceau --json case open --from /run/home/amelie/case.json |
	jq -er .ref)
as bruno sceau --json visit "$VISIT" contrat-engagement=$HOME_B/page-1.jpg \
    piece=$HOME_B/nu.pdf "${provenance[@]}" >$OUT/visit.json
as claire sceau --json list "$VISIT" >$OUT/list.json
DOC=$(jq -er '[.documents[] | select(.kind == "contrat-engagement")][0].document' \
    $OUT/list.json)
as claire sceau --json show "$DOC" >$OUT/show.json
is "$(json $OUT/show.json '.provenance.scanned_by + " " + .scan_check.state')" \
    "bruno unchecked"
json $OUT/show.json .provenance.signature >$OUT/page.sig
jq -j .provenance.text $OUT/show.json | quiet ssh-keygen -Y verify \
    -f $OUT/signers -I bruno -n sceau-provenance -s $OUT/page.sig
# Refused whole: with another's key nothing of the visit is filed.
n=$(jq '.documents | length' $OUT/list.json)
refused 7 "pas signée par une clé à vous" as bruno sceau --json visit "$VISIT" \
    contrat-engagement=$HOME_B/page-2.png --sign-key $HOME_B/other \
    --device X --paper-at Y --originals 1
as claire sceau --json list "$VISIT" >$OUT/list.json
is "$(jq '.documents | length' $OUT/list.json)" "$n"
ok "une visite signe la provenance de ce qu'elle numérise, ou rien n'est déposé"

PERSON=$(as claire sceau --json case show "$VISIT" | jq -er '.persons[0].person')
mkdir -p $OUT/copie
chown claire: $OUT/copie
as claire sceau --json --purpose exercice-des-droits subject export "$VISIT" \
    --person "$PERSON" -o $OUT/copie/tout >$OUT/export.json
python3 - $OUT/copie/tout $OUT/show.json "$CANARY" <<'END'
import json, pathlib, sys
files = [p for p in pathlib.Path(sys.argv[1]).rglob("*") if p.is_file()]
want = json.load(open(sys.argv[2]))["provenance"]
def walk(x):
    if isinstance(x, dict):
        yield x
        for v in x.values():
            yield from walk(v)
    elif isinstance(x, list):
        for v in x:
            yield from walk(v)
found = [o for p in files if p.suffix == ".json"
         for o in walk(json.loads(p.read_bytes()))
         if o.get("signature") == want["signature"] and
         o.get("text") == want["text"]]
assert found, "the provenance is not in the copy"
assert [p for p in files if p.suffix == ".jpg"], files
for p in files:
    assert sys.argv[3].encode() not in p.read_bytes(), p
END
ok "la copie remise à la personne a la provenance, et rien du lieu"
