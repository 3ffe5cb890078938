"use strict";
/*
 * A paper that people sign (client/web/paper.c is the same for the console):
 * what follows from what is filled, what of it cannot be, and the page for the
 * printer. It comes before form.js, which gives it what it needs.
 */
window.sceau_paper = function (tools) {
const { form, data, words, all, make, fill, read_control, read_record,
	clear_faults, show_faults, euros, day_text, later } = tools;

const cents = (x) => Math.round(x * 100);
const utc = (iso) => new Date(iso + "T00:00:00Z");
const iso_of = (day) => day.toISOString().slice(0, 10);

function value_in(record, place) {
	return place.split(".").reduce(
	    (at, part) => at === undefined ? undefined : at[part], record);
}

/* The terms of a plan in cents, or null; last is what the last one is. */
function plan_in(record) {
	const e = record.echeances;
	const debt = value_in(record, "dette.montant");
	if (!e || !(debt > 0) || !(e.mensualite > 0) || !(e.nombre > 0) ||
	    e.nombre > 600)
		return null;
	const said = e["dernier-montant"];
	const before = (e.nombre - 1) * cents(e.mensualite);
	const last = said === undefined ? cents(debt) - before : cents(said);
	return { debt: cents(debt), each: cents(e.mensualite), count: e.nombre,
		said, last, sum: before + last,
		end: e.premiere && later(utc(e.premiere), e.nombre - 1, "months") };
}

function contract_end(record) {
	const d = record.duree;
	return d && d.debut && d.mois > 0 && d.mois <= 600 ?
	    later(utc(d.debut), d.mois, "months") : null;
}

/* What does not fit together: [place, sentence] each. */
function plan_faults(record, p) {
	const out = [];
	if (p.said !== undefined && p.sum !== p.debt)
		out.push(["echeances.dernier-montant",
			fill(p.sum < p.debt ? words.lacks : words.exceeds, {
				sum: euros(p.sum / 100),
				rest: euros(Math.abs(p.debt - p.sum) / 100) })]);
	if (p.said === undefined && !(p.last > 0 && p.last <= p.each))
		out.push(["echeances.nombre", fill(words.instalments, {
			n: p.count, each: euros(p.each / 100),
			enough: Math.ceil(p.debt / p.each) })]);
	if (record.date && record.echeances.premiere < record.date)
		out.push(["echeances.premiere", words.first]);
	if (p.end && record.echeances.derniere &&
	    record.echeances.derniere !== iso_of(p.end))
		out.push(["echeances.derniere",
			fill(words.last, { day: day_text(p.end) })]);
	return out;
}

function contract_faults(record, end) {
	const from = record.duree.debut, to = iso_of(end);
	const within = fill(words.within,
	    { from: day_text(utc(from)), to: day_text(end) });
	const out = (record.demarches || []).map((d, i) =>
	    ["demarches." + i + ".echeance", d.echeance]).concat(
	    [["point.premier", value_in(record, "point.premier")]]).filter(
	    ([, day]) => day && (day < from || day > to)).map(
	    ([place]) => [place, within]);
	if (record.duree.fin && record.duree.fin !== to)
		out.push(["duree.fin", fill(words.end, { day: day_text(end) })]);
	return out;
}

function simple_faults(record) {
	const less = (places, least, text) => places.filter(
	    (p) => value_in(record, p) < least).map((p) => [p, text]);
	const out = less(["dette.montant", "echeances.mensualite",
		"echeances.dernier-montant"], 0.01, words.positive).concat(
	    less(["echeances.nombre", "duree.mois", "point.tous-les",
		"originaux"], 1, words.count));
	if (record.maniere === "oral-temoin" && !record.temoin)
		out.push(["temoin", words.witness]);
	return out;
}

/* The n-th row that has something in it, as the record counts them. */
function control_at(section, place) {
	const parts = place.split(".");
	const exact = section.querySelector("[name='" + section.dataset.prefix +
	    CSS.escape(place) + "']") || section.querySelector("[name='" +
	    section.dataset.prefix + place + "']");
	if (parts.length < 3)
		return exact;
	const rows = all(section, "[data-place='" + parts[0] + "'] > .row").filter(
	    (row) => all(row, "[data-type]").some((c) => c.value.trim() !== ""));
	return rows[Number(parts[1])].querySelector("[name$='." + parts[2] + "']");
}

/* What follows is written into the record; what cannot be is a fault. */
function settle(section, record, faults) {
	const plan = plan_in(record), end = contract_end(record);
	const found = simple_faults(record).concat(
	    plan ? plan_faults(record, plan) : [],
	    end ? contract_faults(record, end) : []);
	for (const [place, text] of found) {
		const control = control_at(section, place);
		if (!faults.some((f) => f.control === control))
			faults.push({ control, text });
	}
	if (faults.length > 0)
		return;
	if (plan && plan.said === undefined)
		record.echeances["dernier-montant"] = plan.last / 100;
	if (plan && plan.end)
		record.echeances.derniere = iso_of(plan.end);
	if (end)
		record.duree.fin = iso_of(end);
}

function show_paper_help() {
	const section = form.querySelector("[data-paper]");
	const record = read_record(section, true, []);
	const plan = plan_in(record), end = contract_end(record);
	const line = document.getElementById("paper-live");
	const text = plan && plan.end ? fill(words.plan_live, {
		day: day_text(plan.end), sum: euros(plan.sum / 100),
		last: euros(plan.last / 100) }) :
	    end ? fill(words.end_live, { day: day_text(end) }) : "";
	if (line.textContent !== text)
		line.textContent = text;
}

/* A value of a control as people read it on paper; "" when there is none. */
function shown(control) {
	const got = read_control(control).value;
	if (got === undefined)
		return "";
	if (control.localName === "select")
		return control.selectedOptions[0].textContent;
	if (control.dataset.type === "date")
		return day_text(utc(got));
	return control.dataset.type === "amount" ? euros(got) : control.value;
}

function paper_field(field, out) {
	const control = field.querySelector("[data-type]");
	const text = shown(control);
	if (text !== "") {
		const label = field.querySelector("label").firstChild;
		out.append(make("dt", label.textContent.trim()), make("dd", text));
	}
}

/* Fields of a part of the form, then its groups and lists under headings. */
function paper_part(part, out) {
	const list = make("dl");
	for (const field of all(part, ":scope > .field"))
		paper_field(field, list);
	if (list.children.length > 0)
		out.append(list);
	for (const inner of all(part, ":scope > fieldset.group, " +
	    ":scope > fieldset.rows, :scope > .row")) {
		const box = make("div", "", { class: "part" });
		paper_part(inner, box);
		if (box.children.length === 0)
			continue;
		if (inner.localName === "fieldset")
			box.prepend(make("h2", inner.querySelector("legend")
			    .firstChild.textContent.trim()));
		out.append(box);
	}
}

/* The page of what is asked: each consent with what the rules say of it, the
 * notices behind. */
function paper_asked(record, out, after) {
	out.append(make("p", words.paper_free));
	for (const a of record.accords || []) {
		const c = data.paper.asked[a.objet];
		const box = make("div", "", { class: "part" });
		box.append(make("h2", c.title),
		    make("p", fill(words.paper_to, c)),
		    make("p", fill(words.paper_what,
			{ classes: c.classes.join(", ") })));
		if (c.months > 0)
			box.append(make("p",
			    fill(words.paper_months, { n: c.months })));
		box.append(make("p", fill(words.paper_read, c)),
		    make("p", words.paper_answer));
		out.append(box);
		after.push(make("h2", fill(words.paper_read, c)),
		    make("pre", c.text), make("p", "SHA-256 " + c.sha256));
	}
}

function paper_boxes(record) {
	const names = data.paper.signers.flatMap((place) =>
	    String(value_in(record, place) || "").split(/,\s*/));
	const list = make("ul", "", { class: "boxes" });
	if (!data.paper.signers.includes("parties.referent"))
		names.push(words.paper_by);
	for (const name of names) {
		const item = make("li");
		item.append(make("strong", name || "………………………………"),
		    make("p", words.paper_box));
		list.append(item);
	}
	return list;
}

function write_paper(section, record) {
	const paper = document.getElementById("paper");
	const h1 = document.querySelector("h1");
	const after = [];
	paper.replaceChildren(make("p", data.paper.operator),
	    make("p", data.paper.address),
	    make("p", data.paper.dpo ? fill(words.paper_dpo, data.paper) : ""),
	    make("h1", h1.textContent));
	paper_part(section, paper);
	if (data.paper.asked)
		paper_asked(record, paper, after);
	if (data.paper.notice)
		paper.append(make("h2", words.paper_know),
		    make("pre", data.paper.notice));
	paper.append(make("h2", words.paper_sign), make("p", words.paper_made),
	    paper_boxes(record), ...after);
}

function print_paper() {
	const section = form.querySelector("[data-paper]");
	const faults = [];
	clear_faults();
	const record = read_record(section, false, faults);
	settle(section, record, faults);
	if (faults.length > 0) {
		show_faults(faults);
		return;
	}
	/* What was computed is on the paper as well. */
	for (const place of ["echeances.dernier-montant", "echeances.derniere",
	    "duree.fin"]) {
		const control = control_at(section, place);
		const v = value_in(record, place);
		if (control && control.value === "" && v !== undefined)
			control.value = String(v).replace(".", ",");
	}
	write_paper(section, record);
	document.body.classList.add("printing");
	document.getElementById("paper").hidden = false;
	window.print();
}

function end_print() {
	document.body.classList.remove("printing");
	document.getElementById("paper").hidden = true;
}

function begin() {
	form.addEventListener("input", show_paper_help);
	document.getElementById("paper-print").addEventListener(
	    "click", print_paper);
	window.addEventListener("afterprint", end_print);
}

return { begin, settle };
};
