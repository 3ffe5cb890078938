"use strict";
/* What is typed goes to the console's memory while it is typed, so that a
 * browser that is closed loses nothing of it. Files go with the form. */
(function () {
	var told = document.querySelector("[data-kept]");
	var form = told && told.closest("form");
	var waiting = null;

	if (!told)
		return;
	function keep() {
		var body = new URLSearchParams();
		waiting = null;
		new FormData(form).forEach(function (value, name) {
			if (typeof value === "string")
				body.append(name, value);
		});
		fetch(form.action + "/brouillon", { method: "POST", body: body,
			keepalive: true }).then(function (answer) {
			told.textContent = answer.ok ? told.dataset.label : "";
		}).catch(function () {
			told.textContent = "";
		});
	}
	function later() {
		if (waiting === null)
			waiting = setTimeout(keep, 800);
	}
	form.addEventListener("input", later);
	form.addEventListener("change", later);
	form.addEventListener("submit", function () {
		if (waiting !== null)
			clearTimeout(waiting);
	});
}());
