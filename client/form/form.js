"use strict";
/*
 * A form that is filled without a network: what is typed and photographed
 * stays in this page's memory, is sealed to the vault's key and given as one
 * file. Nothing goes to the browser's storage, to an address or to a server.
 * The formats: base/envelope.h, base/seal.h, daemon/core/brought.h.
 */
(function () {
const data = JSON.parse(document.getElementById("form-data").textContent);
const words = data.words;
const form = document.querySelector("form");
const summary = document.getElementById("summary");
const state = document.getElementById("state");
const photos = {}; /* of each section: [{blob, url, name}] */
let dirty = false;
let sealed = null; /* the address of the sealed file, while the page is open */

function all(root, selector) {
	return Array.from(root.querySelectorAll(selector));
}

function make(name, text, attributes) {
	const e = document.createElement(name);
	if (text)
		e.textContent = text;
	for (const a of Object.keys(attributes || {}))
		e.setAttribute(a, attributes[a]);
	return e;
}

function fill(sentence, values) {
	return sentence.replace(/\{(\w+)\}/g, (all, name) => values[name]);
}

function tell(text, bad) {
	state.textContent = text;
	state.className = bad ? "told bad" : text ? "told" : "";
}

/* --- rows of lists --------------------------------------------------------- */

function numbered(node, n) {
	for (const e of [node, ...node.querySelectorAll("*")]) {
		for (const a of Array.from(e.attributes || []))
			if (a.value.includes("##"))
				e.setAttribute(a.name, a.value.replace(/[^ "]*##[^ "]*/g,
				    (one) => one.replace("##",
				    a.name === "aria-label" ? n + 1 : n)));
		if (e.localName === "template")
			numbered(e.content, n);
	}
}

function add_row(template) {
	const n = Number(template.dataset.next || 0);
	const copy = template.content.cloneNode(true);
	const max = Number(template.dataset.max || 1000);
	const rows = all(template.parentNode, ":scope > .row").length;
	if (rows >= max)
		return null;
	template.dataset.next = n + 1;
	numbered(copy, n);
	const row = copy.firstElementChild;
	const remove = make("button", words.remove,
	    { type: "button", class: "second" });
	remove.addEventListener("click", function () {
		const next = row.parentNode.querySelector(":scope > .add");
		row.remove();
		next.focus();
	});
	row.append(remove);
	template.before(copy);
	begin_rows(row);
	fill_days(row);
	return row;
}

/* What is done on a visit is mostly done today. */
function fill_days(root) {
	const now = new Date();
	const two = (n) => String(n).padStart(2, "0");
	for (const section of all(root, "[data-today]").concat(
	    root.matches("[data-today]") ? [root] : []))
		for (const c of all(section, "[data-type=date][data-required]"))
			if (place_of(c, section.dataset.prefix).length === 1)
				c.value = now.getFullYear() + "-" +
				    two(now.getMonth() + 1) + "-" +
				    two(now.getDate());
}

function begin_rows(root) {
	for (const template of all(root, "template[data-rows]")) {
		const legend = template.closest("fieldset").querySelector("legend");
		const button = make("button", fill(words.add,
		    { title: legend.firstChild.textContent.trim() }),
		    { type: "button", class: "second add" });
		button.addEventListener("click", function () {
			const row = add_row(template);
			if (row)
				row.querySelector("input, select, textarea").focus();
		});
		template.after(button);
	}
}

/* --- what was filled ------------------------------------------------------- */

const spaces = /[ \u00a0\u202f]/g;

function day_of(text) {
	const fr = /^(\d\d)\/(\d\d)\/(\d{4})$/.exec(text);
	const iso = fr ? fr[3] + "-" + fr[2] + "-" + fr[1] : text;
	const d = /^\d{4}-\d\d-\d\d$/.test(iso) && new Date(iso + "T00:00:00Z");
	return d && !isNaN(d) && d.toISOString().slice(0, 10) === iso ? iso : null;
}

/* A number of euros, or null. */
function amount_of(text) {
	const t = text.replace(spaces, "").replace(/€$/, "").replace(",", ".");
	return /^-?\d{1,12}(\.\d{1,2})?$/.test(t) ? Number(t) : null;
}

function text_fault(control, text) {
	const max = control.maxLength > 0 ? control.maxLength : 65536;
	if (new TextEncoder().encode(text).length > max)
		return words.long;
	/* eslint-disable-next-line no-control-regex */
	return /[\u0000-\u0008\u000b-\u001f\u007f]/.test(text) ||
	    control.dataset.type === "string" && /[\t\n]/.test(text) ?
	    words.plain : null;
}

/* {value} or {fault}; {} when nothing was filled. */
function read_control(control) {
	const text = control.value.replace(/\r\n/g, "\n").trim();
	let value = text;
	/* A date half typed has no value, and is none. */
	if (control.validity && control.validity.badInput)
		return { fault: words.date };
	if (text === "")
		return {};
	switch (control.dataset.type) {
	case "integer":
		value = /^-?\d{1,9}$/.test(text.replace(spaces, "")) ?
		    Number(text.replace(spaces, "")) : null;
		return value === null ? { fault: words.integer } : { value };
	case "amount":
		value = amount_of(text);
		return value === null ? { fault: words.amount } : { value };
	case "date":
		value = day_of(text);
		return value === null ? { fault: words.date } : { value };
	case "boolean":
		return { value: text === "oui" };
	case "code":
		return { value };
	default:
		return text_fault(control, text) ?
		    { fault: text_fault(control, text) } : { value };
	}
}

function place_of(control, prefix) {
	return control.name.slice(prefix.length).split(".");
}

/* Put a value where it belongs; numbered parts are rows. */
function put(record, parts, value) {
	let at = record;
	parts.forEach(function (part, i) {
		const last = i === parts.length - 1;
		const list = !last && /^(\d+|\*)$/.test(parts[i + 1]);
		if (part === "*") {
			const item = last ? value : { [parts[i + 1]]: value };
			at.push(item);
			at = null;
		} else if (at !== null) {
			if (last)
				at[part] = value;
			else if (at[part] === undefined)
				at[part] = list ? [] : {};
			at = at[part];
		}
	});
}

/* Rows that were left out move up. */
function compact(value) {
	if (Array.isArray(value))
		return value.filter((v) => v !== undefined).map(compact);
	if (value !== null && typeof value === "object")
		for (const k of Object.keys(value))
			value[k] = compact(value[k]);
	return value;
}

function has_under(record, parts) {
	let at = record;
	for (const part of parts)
		at = at === undefined ? undefined : at[part];
	return at !== undefined;
}

/* A group, or a list with a row at least, that is asked for and missing. */
function require_parts(section, prefix, record, faults) {
	for (const part of all(section, "fieldset[data-place][data-required]")) {
		const parts = part.dataset.place.split(".");
		const up = parts.slice(0, -1);
		if (part.id.startsWith(prefix) && !has_under(record, parts) &&
		    (up.length === 0 || has_under(record, up)))
			faults.push({ control: part, text: words.required });
	}
}

function read_record(section, draft, faults) {
	const prefix = section.dataset.prefix;
	const controls = all(section, "[data-type]").filter(
	    (c) => c.name.startsWith(prefix));
	const record = {};
	for (const c of controls) {
		if (c.type === "checkbox") {
			if (c.checked)
				put(record, place_of(c, prefix), c.value);
			continue;
		}
		const got = read_control(c);
		if (got.fault)
			faults.push({ control: c, text: got.fault });
		else if (got.value !== undefined)
			put(record, place_of(c, prefix), got.value);
	}
	if (!draft)
		for (const c of controls) {
			const parts = place_of(c, prefix);
			if (c.dataset.required !== undefined &&
			    !has_under(record, parts) &&
			    (parts.length === 1 ||
			    has_under(record, parts.slice(0, -1))) &&
			    !faults.some((f) => f.control === c))
				faults.push({ control: c, text: words.required });
		}
	if (!draft)
		require_parts(section, prefix, record, faults);
	return compact(record);
}

/* --- errors ---------------------------------------------------------------- */

function clear_faults() {
	summary.replaceChildren();
	summary.hidden = true;
	for (const e of all(form, "[aria-invalid]"))
		e.removeAttribute("aria-invalid");
	for (const e of all(form, "p.error"))
		e.textContent = "";
}

/* The words that a control goes by, without the mark behind them. */
function title_of(control) {
	const label = form.querySelector(
	    "label[for='" + CSS.escape(control.id) + "']") ||
	    control.querySelector("legend, h2");
	if (label)
		return label.firstChild.textContent.trim();
	return (control.closest("label") || control).textContent.trim();
}

function show_faults(faults) {
	const list = make("ul");
	for (const f of faults) {
		const id = f.control.id;
		const line = document.getElementById(id + "-e");
		const link = make("a", title_of(f.control), { href: "#" + id });
		const item = make("li");
		link.addEventListener("click", function (event) {
			event.preventDefault();
			f.control.focus();
		});
		if (line)
			line.textContent = f.text;
		if (f.control.dataset.type)
			f.control.setAttribute("aria-invalid", "true");
		item.append(link, " : " + f.text);
		list.append(item);
	}
	summary.replaceChildren(make("p", words.faults), list);
	summary.hidden = false;
	summary.focus();
}

/* --- photographs ----------------------------------------------------------- */

function encode(canvas) {
	return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.82));
}

/*
 * Drawn anew: what comes out are pixels, without place, time and device. The
 * picture is turned as its camera said.
 */
async function redraw(source, quarter) {
	const bitmap = await createImageBitmap(source);
	const most = Math.max(bitmap.width, bitmap.height);
	const scale = Math.min(1, data.side / most);
	const w = Math.max(1, Math.round(bitmap.width * scale));
	const h = Math.max(1, Math.round(bitmap.height * scale));
	const canvas = document.createElement("canvas");
	canvas.width = quarter ? h : w;
	canvas.height = quarter ? w : h;
	const g = canvas.getContext("2d");
	g.fillStyle = "#fff";
	g.fillRect(0, 0, canvas.width, canvas.height);
	if (quarter) {
		g.translate(h, 0);
		g.rotate(Math.PI / 2);
	}
	g.drawImage(bitmap, 0, 0, w, h);
	bitmap.close();
	const blob = await encode(canvas);
	canvas.width = canvas.height = 1;
	return blob;
}

function size_words(n) {
	return n < 1000000 ? fill(words.kilobytes, { n: Math.ceil(n / 1000) }) :
	    fill(words.megabytes, { n: (n / 1000000).toFixed(1) });
}

function show_photos(section) {
	const list = section.querySelector("ol");
	const mine = photos[section.id];
	list.replaceChildren(...mine.map(function (p, i) {
		const item = make("li");
		const what = fill(words.page, { n: i + 1 });
		const button = (text, act) => {
			const b = make("button", text, { type: "button",
				class: "second", "aria-label": text + ", " + what });
			b.addEventListener("click", act);
			return b;
		};
		item.append(make("img", "", { src: p.url, alt: what }),
		    make("span", what + ", " + size_words(p.blob.size)),
		    button(words.turn, async function () {
			const blob = await redraw(p.blob, true);
			URL.revokeObjectURL(p.url);
			p.blob = blob;
			p.url = URL.createObjectURL(blob);
			show_photos(section);
		    }),
		    button(words.up, function () {
			if (i > 0)
				mine.splice(i - 1, 0, mine.splice(i, 1)[0]);
			show_photos(section);
		    }),
		    button(words.remove, function () {
			URL.revokeObjectURL(p.url);
			mine.splice(i, 1);
			show_photos(section);
			section.querySelector("input[type=file]").focus();
		    }));
		return item;
	}));
}

async function add_photos(section, input) {
	const line = document.getElementById(section.id + "-e");
	const mine = photos[section.id];
	line.textContent = "";
	for (const file of Array.from(input.files)) {
		if (mine.length >= Number(section.dataset.max)) {
			line.textContent = words.enough;
			break;
		}
		try {
			const blob = await redraw(file, false);
			mine.push({ blob, url: URL.createObjectURL(blob) });
			dirty = true;
		} catch (error) {
			line.textContent = words.picture;
		}
	}
	input.value = "";
	show_photos(section);
}

function begin_photos() {
	for (const section of all(form, "[data-photos]")) {
		photos[section.id] = [];
		for (const input of all(section, "input[type=file]"))
			input.addEventListener("change",
			    () => add_photos(section, input));
	}
}

/* --- what goes into the file ----------------------------------------------- */

function is_empty(record) {
	return Object.keys(record).length === 0;
}

function add_record(out, kind, record, draft) {
	const bytes = new TextEncoder().encode(JSON.stringify(record));
	const d = { kind, pages: [{ name: kind + ".json", size: bytes.length }] };
	if (draft)
		d.draft = true;
	out.documents.push(d);
	out.files.push(new Blob([bytes]));
}

/* A day there is always; a record with nothing else says nothing. */
function says_something(section, record) {
	return !is_empty(record) &&
	    !(section.dataset.optional !== undefined &&
	    Object.keys(record).every((k) => k === "date"));
}

function add_records(out, faults) {
	for (const section of all(form, "[data-record]")) {
		const box = section.querySelector("[data-draft]");
		const draft = Boolean(box && box.checked);
		const tried = [];
		const record = read_record(section, draft, tried);
		if (section.dataset.optional !== undefined &&
		    !says_something(section, record) &&
		    tried.every((f) => f.text === words.required))
			continue;
		if (section.dataset.paper !== undefined)
			paper.settle(section, record, tried);
		faults.push(...tried);
		add_record(out, section.dataset.record, record, draft);
	}
}

function add_documents(out, faults) {
	for (const section of all(form, "[data-photos]")) {
		const mine = photos[section.id];
		const level = section.querySelector("[data-level]");
		if (mine.length === 0) {
			if (section.dataset.required !== undefined)
				faults.push({ control: section,
					text: words.photographs });
			continue;
		}
		const kind = section.dataset.photos;
		const d = { kind, pages: mine.map((p, i) => ({
			name: kind + "-" + (i + 1) + ".jpg", size: p.blob.size })) };
		if (level)
			d.level = level.value;
		out.documents.push(d);
		out.files.push(...mine.map((p) => p.blob));
		out.at[kind] = out.documents.length;
	}
}

function add_consents(out, faults) {
	const section = form.querySelector("[data-consents]");
	if (!section)
		return;
	const ticked = all(section, "[data-purpose]:checked").map((c) => c.value);
	const everybody = section.querySelector("[data-everybody]");
	const method = section.querySelector("[data-method]");
	if (ticked.length === 0)
		return;
	if (!everybody.checked)
		faults.push({ control: everybody, text: words.everybody });
	if (!out.at[section.dataset.consents])
		faults.push({ control: section, text: words.sheet });
	const sheet = { purposes: ticked, method: method.value,
		evidence_document: out.at[section.dataset.consents] };
	const day = section.querySelector("[data-given]");
	const given = read_control(day);
	if (given.fault)
		faults.push({ control: day, text: given.fault });
	else if (given.value !== undefined)
		sheet.given_on = given.value;
	out.consents = [sheet];
}

function gather(faults) {
	const out = { documents: [], files: [], at: {} };
	add_documents(out, faults);
	add_records(out, faults);
	add_consents(out, faults);
	if (out.documents.length === 0 && faults.length === 0)
		faults.push({ control: form.querySelector("#seal"), text: words.nothing });
	if (out.documents.length > data.documents)
		faults.push({ control: form.querySelector("#seal"), text: words.many });
	return out;
}

/* The text of the envelope: length, record, files. */
async function text_of(out) {
	const record = { form: 1, kind: data.kind, documents: out.documents };
	if (out.consents)
		record.consents = out.consents;
	const head = new TextEncoder().encode(JSON.stringify(record));
	const length = new DataView(new ArrayBuffer(4));
	length.setUint32(0, head.length);
	const whole = new Blob([length.buffer, head, ...out.files]);
	return new Uint8Array(await whole.arrayBuffer());
}

/* --- sealing --------------------------------------------------------------- */

const subtle = window.crypto && window.crypto.subtle;

function bytes_of(hex) {
	return new Uint8Array(hex.match(/../g).map((b) => parseInt(b, 16)));
}

function joined(...parts) {
	const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
	let at = 0;
	for (const p of parts) {
		out.set(p, at);
		at += p.length;
	}
	return out;
}

function ascii(text) {
	return new TextEncoder().encode(text);
}

async function content_key(vault, recipient) {
	const curve = { name: "ECDH", namedCurve: "P-256" };
	const pair = await subtle.generateKey(curve, false, ["deriveBits"]);
	const ephemeral = new Uint8Array(
	    await subtle.exportKey("raw", pair.publicKey));
	const other = await subtle.importKey("raw", recipient, curve, false, []);
	const shared = await subtle.deriveBits(
	    { name: "ECDH", public: other }, pair.privateKey, 256);
	const hkdf = await subtle.importKey(
	    "raw", shared, "HKDF", false, ["deriveBits"]);
	const bits = await subtle.deriveBits({ name: "HKDF", hash: "SHA-256",
		salt: new Uint8Array(0),
		info: joined(ascii("sceau/intake/1\0"), vault, ephemeral, recipient) },
	    hkdf, 256);
	new Uint8Array(shared).fill(0);
	return { ephemeral, key: new Uint8Array(bits) };
}

/* HKDF-Expand with SHA-512 (RFC 5869, 2.3), two blocks. */
async function expand(key, info, n) {
	const hmac = await subtle.importKey("raw", key,
	    { name: "HMAC", hash: "SHA-512" }, false, ["sign"]);
	const one = new Uint8Array(
	    await subtle.sign("HMAC", hmac, joined(info, [1])));
	const two = new Uint8Array(
	    await subtle.sign("HMAC", hmac, joined(one, info, [2])));
	return joined(one, two).slice(0, n);
}

function context_of(vault, id) {
	const end = new Uint8Array(8);
	end[3] = 1; /* version */
	return joined(ascii("sceau/1\0"), [10, 0, 0, 0, 0, 0, 0, 0], vault,
	    new Uint8Array(16), id, end);
}

function nonce_of(base, k) {
	const n = base.slice();
	for (let i = 11; k > 0; i--, k = Math.floor(k / 256))
		n[i] ^= k % 256;
	return n;
}

const CHUNK = 16384;

async function seal(text) {
	const vault = bytes_of(data.vault), recipient = bytes_of(data.public);
	const id = new Uint8Array(
	    await subtle.digest("SHA-256", recipient)).slice(0, 16);
	const made = await content_key(vault, recipient);
	const salt = crypto.getRandomValues(new Uint8Array(24));
	const keys = await expand(made.key, joined(
	    ascii("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0"), salt,
	    context_of(vault, id)), 76);
	const aes = await subtle.importKey(
	    "raw", keys.slice(0, 32), "AES-GCM", false, ["encrypt"]);
	const parts = [ascii("sceau/form/1\n"), id, made.ephemeral, salt,
		keys.slice(44, 76)];
	for (let k = 0; k * CHUNK <= text.length; k++)
		parts.push(new Uint8Array(await subtle.encrypt({ name: "AES-GCM",
			iv: nonce_of(keys.slice(32, 44), k) }, aes,
		    text.subarray(k * CHUNK, (k + 1) * CHUNK))));
	made.key.fill(0);
	keys.fill(0);
	return new Blob(parts, { type: "application/octet-stream" });
}

/* A name that says nothing of anybody. */
function name_of() {
	const now = new Date();
	const two = (n) => String(n).padStart(2, "0");
	const lot = crypto.getRandomValues(new Uint8Array(3));
	return data.kind + "-" + now.getFullYear() + two(now.getMonth() + 1) +
	    two(now.getDate()) + "-" + Array.from(lot,
	    (b) => b.toString(16).padStart(2, "0")).join("") + ".sceau";
}

/* --- the end ---------------------------------------------------------------- */

function forget() {
	for (const id of Object.keys(photos)) {
		photos[id].forEach((p) => URL.revokeObjectURL(p.url));
		photos[id] = [];
	}
	for (const row of all(form, ".row"))
		row.remove();
	for (const section of all(form, "[data-photos]"))
		show_photos(section);
	form.reset();
	document.getElementById("paper").replaceChildren();
	dirty = false;
}

function give(blob) {
	const link = document.getElementById("again");
	if (sealed)
		URL.revokeObjectURL(sealed);
	sealed = URL.createObjectURL(blob);
	link.href = sealed;
	link.download = name_of();
	link.hidden = false;
	link.click();
	tell(fill(words.sealed, { name: link.download,
		size: size_words(blob.size) }));
	state.focus();
}

async function submit(event) {
	const faults = [];
	const button = form.querySelector("[type=submit]");
	event.preventDefault();
	clear_faults();
	tell("");
	const out = gather(faults);
	if (faults.length > 0) {
		show_faults(faults);
		return;
	}
	button.disabled = true;
	try {
		const text = await text_of(out);
		if (text.length > data.size) {
			show_faults([{ control: form.querySelector("#seal"), text: words.heavy }]);
			return;
		}
		const blob = await seal(text);
		text.fill(0);
		give(blob);
		forget();
		fill_days(form);
	} catch (error) {
		tell(words.failed, true);
		state.focus();
	} finally {
		button.disabled = false;
	}
}

/* --- helps: nothing of them goes into the file unless it is taken over ------ */

function value_at(names) {
	let sum = null;
	for (const c of all(form, "[data-type=amount], [data-type=integer]")) {
		const name = c.name.replace(/^[a-z]+\./, "").replace(/\.\d+\./, ".");
		const got = names.includes(name) ? read_control(c).value : undefined;
		if (got !== undefined)
			sum = (sum === null ? 0 : sum) + got;
	}
	return sum;
}

function euros(n) {
	return n.toFixed(2).replace(".", ",") + " €";
}

/* What is left to live on: income less charges; the totals, else the rows. */
function left_to_live() {
	const total = (group, rows) => {
		const all_of = value_at([group + ".total-mensuel"]);
		return all_of !== null ? all_of : value_at([group + "." + rows]);
	};
	const income = total("emploi-revenus", "ressources.montant");
	const charges = total("charges", "postes.montant");
	const people = value_at(["composition.adultes", "composition.mineurs",
		"situation-familiale.adultes", "situation-familiale.mineurs"]);
	if (income === null || charges === null)
		return null;
	const left = Math.round((income - charges) * 100) / 100;
	return { left, daily: people > 0 ?
	    Math.round(left / people / data.help.month * 100) / 100 : null };
}

function day_text(day) {
	const p = day.toISOString().slice(0, 10).split("-");
	return p[2] + "/" + p[1] + "/" + p[0];
}

function later(day, n, unit) {
	const d = new Date(day);
	if (unit === "days")
		d.setUTCDate(d.getUTCDate() + n);
	else if (unit === "weeks")
		d.setUTCDate(d.getUTCDate() + 7 * n);
	else {
		const month = d.getUTCMonth() + n;
		d.setUTCMonth(month);
		/* A month without that day ends sooner. */
		if (d.getUTCMonth() !== ((month % 12) + 12) % 12)
			d.setUTCDate(0);
	}
	return d;
}

/* The delay that a lease of this day has: the last period that began. */
function delay_of(lease) {
	return data.help.delays.filter((p) => p.from <= lease).pop();
}

function working_days_before(day, n) {
	const d = new Date(day);
	while (n > 0) {
		d.setUTCDate(d.getUTCDate() - 1);
		if (d.getUTCDay() % 6 !== 0 && !data.help.holidays.includes(
		    d.toISOString().slice(0, 10)))
			n--;
	}
	return d;
}

function help_value(id) {
	const control = document.getElementById(id);
	const iso = control && day_of(control.value.trim());
	return iso ? new Date(iso + "T00:00:00Z") : null;
}

function show_help() {
	const say = (id, text) => {
		const e = document.getElementById(id);
		if (e && e.textContent !== text)
			e.textContent = text;
	};
	const live = left_to_live();
	const lease = help_value("help-lease"), act = help_value("help-act");
	const hearing = help_value("help-hearing");
	say("help-live", live === null ? words.help_live : fill(words.live,
	    { left: euros(live.left) }) + (live.daily === null ? "" :
	    fill(words.daily, { daily: euros(live.daily) })));
	document.getElementById("help-take").hidden = live === null;
	const delay = lease && delay_of(lease.toISOString().slice(0, 10));
	say("help-delay", !delay ? "" : fill(words["delay_" + delay.unit],
	    { n: delay.n }) + (!act ? "" : fill(words.until,
	    { day: day_text(later(act, delay.n, delay.unit)) })));
	say("help-send", !hearing ? "" : fill(words.send, { day: day_text(
	    working_days_before(hearing, data.help.transmission)) }));
}

function take_over() {
	const live = left_to_live();
	for (const c of all(form, "[data-type=amount]")) {
		if (live && c.name.endsWith("reste-a-vivre.mensuel"))
			c.value = live.left.toFixed(2).replace(".", ",");
		if (live && live.daily !== null &&
		    c.name.endsWith("reste-a-vivre.par-personne-jour"))
			c.value = live.daily.toFixed(2).replace(".", ",");
	}
	dirty = true;
}

function begin_helps() {
	if (!document.getElementById("help-take"))
		return;
	document.addEventListener("input", show_help);
	document.getElementById("help-take").addEventListener(
	    "click", take_over);
	show_help();
}

/* Of a kind that is printed and signed: paper.js, before this script. */
const paper = window.sceau_paper ? window.sceau_paper({ form, data, words, all,
	make, fill, read_control, read_record, clear_faults, show_faults, euros,
	day_text, later }) : null;

/* --- the beginning ----------------------------------------------------------- */

function begin() {
	if (!window.isSecureContext || !subtle || !window.createImageBitmap) {
		tell(words.browser, true);
		for (const e of all(form, "input, select, textarea, button"))
			e.disabled = true;
		return;
	}
	begin_rows(form);
	begin_photos();
	begin_helps();
	if (paper)
		paper.begin();
	fill_days(form);
	form.addEventListener("submit", submit);
	form.addEventListener("input", () => { dirty = true; });
	window.addEventListener("beforeunload", function (event) {
		if (dirty)
			event.preventDefault();
	});
	/* Left, closed, or put aside by the browser: nothing stays. */
	window.addEventListener("pagehide", function () {
		forget();
		clear_faults();
		if (sealed)
			URL.revokeObjectURL(sealed);
		sealed = null;
		document.getElementById("again").hidden = true;
	});
}

begin();
})();
