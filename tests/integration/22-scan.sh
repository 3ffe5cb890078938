#!/bin/bash
#
# Goal: a photographed contract is filed with its provenance, signed by who
# scanned it; what tells where it was taken never reaches the vault, and the
# picture is the same; somebody else compares it with the paper, later; who
# scanned it cannot, and until then it is due to the others.
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
