#!/bin/sh
# Renew the third-party files from the npm registry: sh web/vendor/renew.sh
# Edit the versions here, run it, look at the difference, run the tests, commit all of it together.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
npm init -y >/dev/null
npm install --ignore-scripts --save-exact --no-audit --no-fund \
    preact@11.2.0 @preact/signals@2.11.4 @preact/signals-core@1.14.5 htm@3.1.1 \
    leaflet@1.9.4 @fontsource-variable/inter@5.3.0 axe-core@4.14.1 esbuild@0.28.2
# esbuild's own installer only links the binary that its platform package has already brought.
esbuild=$(ls node_modules/@esbuild/*/bin/esbuild | head -n 1)

# take PACKAGE SOURCE TARGET: the published file, byte for byte.
take() { mkdir -p "$here/$(dirname "$3")" && cp "node_modules/$1/$2" "$here/$3" && note "$@" copy; }
# minify PACKAGE SOURCE TARGET: an ES module that is published only unminified.
minify() {
    mkdir -p "$here/$(dirname "$3")"
    "$esbuild" "node_modules/$1/$2" --minify --format=esm --legal-comments=inline --log-level=error --outfile="$here/$3"
    note "$@" minify
}
note() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" >>files.tsv; }

take preact dist/preact.mjs preact/preact.js
take preact hooks/dist/hooks.mjs preact/hooks.js
take preact LICENSE preact/LICENSE
take @preact/signals dist/signals.mjs signals/signals.js
take @preact/signals-core dist/signals-core.mjs signals/signals-core.js
take @preact/signals LICENSE signals/LICENSE
take @preact/signals-core LICENSE signals/LICENSE-core
take htm dist/htm.mjs htm/htm.js
take htm LICENSE htm/LICENSE
minify leaflet dist/leaflet-src.esm.js leaflet/leaflet.js
take leaflet dist/leaflet.css leaflet/leaflet.css
take leaflet LICENSE leaflet/LICENSE
take @fontsource-variable/inter files/inter-latin-wght-normal.woff2 inter/inter-latin.woff2
take @fontsource-variable/inter LICENSE inter/LICENSE
# Only the tests use this one, so no page can be asked for it.
take axe-core axe.min.js ../../tests/support/axe/axe.js
take axe-core LICENSE ../../tests/support/axe/LICENSE

node - "$here" <<'JS'
const { createHash } = require("node:crypto");
const { readFileSync, writeFileSync } = require("node:fs");
const here = process.argv[2];
const sha256 = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");
const rows = readFileSync("files.tsv", "utf8").trim().split("\n").map((line) => line.split("\t"));
const packages = {};
for (const [name, source, target, how] of rows) {
  const about = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
  packages[name] ??= { version: about.version, licence: about.license, files: {} };
  packages[name].files[target] = { source, how, sha256: sha256(`${here}/${target}`) };
}
writeFileSync(`${here}/manifest.json`, `${JSON.stringify(packages, null, 2)}\n`);
JS
