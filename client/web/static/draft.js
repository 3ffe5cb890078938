"use strict";
/* What is typed is kept while it is typed, so that a browser that is closed
 * loses nothing of it; where the form takes them, files as they are chosen. */
(function () {
	var told = document.querySelector("[data-kept]");
	var form = told && told.closest("form");
	var SOON = 1200, AT_MOST = 6000;
	var waiting = null, since = 0, busy = false, again = false;

	if (!told)
		return;
	function chosen() {
		return Array.from(form.querySelectorAll("input[type=file]"))
			.filter(function (input) { return input.files.length; });
	}
	function words() {
		var body = new URLSearchParams();
		new FormData(form).forEach(function (value, name) {
			if (typeof value === "string" && name !== "oter")
				body.append(name, value);
		});
		return body;
	}
	function whole() {
		var body = new FormData(form);
		body.delete("oter");
		return body;
	}
	function line(file) {
		var li = document.createElement("li");
		var label = document.createElement("label");
		var box = document.createElement("input");
		box.type = "checkbox";
		box.name = "oter";
		box.value = file.key;
		label.className = "choice";
		label.append(box, " " + told.dataset.file);
		li.append(file.name + " (" + file.size + ") ", label);
		return li;
	}
	/* Those that are kept now: the browser need not send them again. */
	function list(files, inputs) {
		form.querySelectorAll("[data-files]").forEach(function (ul) {
			files.forEach(function (file) {
				var there = ul.querySelector(
					"input[value='" + file.key + "']");
				if (String(file.part) === ul.dataset.files &&
					!there) {
					ul.append(line(file));
					ul.parentNode.hidden = false;
				}
			});
		});
		inputs.forEach(function (i) {
			if (i.sent === i.input.files)
				i.input.value = "";
		});
	}
	function keep() {
		var inputs = chosen().map(function (input) {
			return { input: input, sent: input.files };
		});
		waiting = null;
		if (busy) {
			again = true;
			return;
		}
		busy = true;
		fetch(form.action + "/brouillon", { method: "POST",
			body: inputs.length ? whole() : words(),
			keepalive: !inputs.length }).then(function (answer) {
			return answer.ok ? answer.json() : null;
		}).then(function (said) {
			told.textContent = !said ? "" : said.vault === false ?
				told.dataset.alone : told.dataset.label;
			if (said && said.files)
				list(said.files, inputs);
		}).catch(function () {
			told.textContent = "";
		}).then(function () {
			busy = false;
			if (again) {
				again = false;
				later();
			}
		});
	}
	function later() {
		var now = Date.now();
		if (waiting === null)
			since = now;
		else if (now - since < AT_MOST)
			clearTimeout(waiting);
		else
			return;
		waiting = setTimeout(keep, SOON);
	}
	form.addEventListener("input", later);
	form.addEventListener("change", later);
	form.addEventListener("submit", function () {
		if (waiting !== null)
			clearTimeout(waiting);
		waiting = null;
	});
	window.addEventListener("pagehide", function () {
		if (waiting !== null) {
			clearTimeout(waiting);
			keep();
		}
	});
}());
