#!/bin/sh
# Bring the translations up to the messages in the sources. New ones come
# with an empty msgstr, to be filled in: a test asks that none stays empty.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8
template=$(mktemp)
trap 'rm -f "$template"' EXIT
xgettext --from-code=UTF-8 --language=C -k_ -kN_ --no-location \
	--sort-output --no-wrap -o "$template" client/*.c client/web/*.c 2>/dev/null
sed -i 's/charset=CHARSET/charset=UTF-8/' "$template"
for language in $(cat translations/LINGUAS); do
	msgmerge --quiet --update --backup=none --no-fuzzy-matching \
		--sort-output --no-wrap "translations/$language.po" "$template"
	msgattrib --no-obsolete --sort-output --no-wrap \
		-o "translations/$language.po" "translations/$language.po"
	msgfmt --check --statistics -o /dev/null "translations/$language.po"
done
