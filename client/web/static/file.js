"use strict";
/*
 * Files are sent piece by piece: what arrived before a cut is not sent again,
 * neither after a reload. Without this script the form sends them whole.
 */
(function () {
	var form = document.querySelector("form[enctype]");
	var drop = form && form.querySelector("[data-drop]");
	if (!drop || !window.crypto || !crypto.subtle)
		return;
	var PIECE = 512 * 1024, TRIES = 6;
	var input = form.elements.fichiers;
	var signature = form.elements.signature;
	var button = form.querySelector("button[data-label-again]");
	var shown = form.querySelector("[data-progress]");
	var told = shown.querySelector("[data-told]");
	var bar = shown.querySelector("progress");
	var csrf = form.elements.csrf.value;
	var base = form.action + "/" + form.elements.lot.value;
	var busy = false;

	drop.classList.add("ready");
	["dragenter", "dragover"].forEach(function (name) {
		drop.addEventListener(name, function (ev) {
			ev.preventDefault();
			drop.classList.add("over");
		});
	});
	["dragleave", "drop"].forEach(function (name) {
		drop.addEventListener(name, function () {
			drop.classList.remove("over");
		});
	});
	drop.addEventListener("drop", function (ev) {
		ev.preventDefault();
		input.files = ev.dataTransfer.files;
		input.focus();
	});

	function hex(buffer) {
		return Array.from(new Uint8Array(buffer), function (b) {
			return b.toString(16).padStart(2, "0");
		}).join("");
	}
	function hashed(file, is_signature) {
		return file.arrayBuffer().then(function (bytes) {
			return crypto.subtle.digest("SHA-256", bytes);
		}).then(function (sum) {
			return { file: file, key: hex(sum),
				signature: is_signature };
		});
	}
	function pause(n) {
		return new Promise(function (go) {
			setTimeout(go, 200 << n);
		});
	}
	function refused(answer) {
		var e = new Error("refused");
		e.status = answer.status;
		return e;
	}
	function json(answer) {
		if (answer.status !== 200 && answer.status !== 409)
			throw refused(answer);
		return answer.json();
	}
	/* How much of each is there. */
	function announce(all) {
		var body = new URLSearchParams();
		body.append("csrf", csrf);
		all.forEach(function (f) {
			body.append("key", f.key);
			body.append("name", f.file.name);
			body.append("size", String(f.file.size));
			if (f.signature)
				body.append("signature", f.key);
		});
		return fetch(base + "/annonce", { method: "POST", body: body })
			.then(json);
	}
	function have(state, key) {
		var found = state.files.find(function (f) {
			return f.key === key;
		});
		return found ? found.have : 0;
	}
	function tell(all, state) {
		var sum = 0, here = 0;
		all.forEach(function (f) {
			sum += f.file.size;
			here += have(state, f.key);
		});
		bar.value = sum ? Math.floor(100 * here / sum) : 0;
		told.textContent = button.dataset.labelSending + " : " +
			bar.value + " %";
	}
	function put(f, offset) {
		return fetch(base + "/morceau/" + f.key + "?offset=" + offset, {
			method: "PUT",
			headers: { "Sceau-Csrf": csrf,
				"Content-Type": "application/octet-stream" },
			body: f.file.slice(offset, offset + PIECE)
		}).then(json);
	}
	function next(all, state) {
		var f = all.find(function (g) {
			return have(state, g.key) < g.file.size;
		});
		tell(all, state);
		return f ? put(f, have(state, f.key)).then(function (now) {
			return next(all, now);
		}) : null;
	}
	/* A line that is cut is asked again; what is refused is not. */
	function send(all, tries) {
		return announce(all).then(function (state) {
			return next(all, state);
		}).catch(function (e) {
			if (e.status || tries + 1 >= TRIES)
				throw e;
			return pause(tries).then(function () {
				return send(all, tries + 1);
			});
		});
	}
	function idle() {
		busy = false;
		delete form.dataset.sent;
		form.removeAttribute("aria-busy");
	}
	function start() {
		var files = Array.from(input.files).map(function (f) {
			return hashed(f, false);
		}).concat(Array.from(signature.files).map(function (f) {
			return hashed(f, true);
		}));
		busy = true;
		shown.hidden = false;
		Promise.all(files).then(function (all) {
			return send(all, 0);
		}).then(function () {
			location.assign(base);
		}).catch(function (e) {
			idle();
			/* Refused: the form itself says why. */
			if (e.status) {
				HTMLFormElement.prototype.submit.call(form);
				return;
			}
			told.textContent = button.dataset.labelCut;
			button.textContent = button.dataset.labelAgain;
			button.focus();
		});
	}
	form.addEventListener("submit", function (ev) {
		if (input.files.length === 0)
			return;
		ev.preventDefault();
		if (!busy)
			start();
	});
}());
