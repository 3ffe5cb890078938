"use strict";
/* On every page, and needed by none: a form is sent once. */
document.addEventListener("submit", function (ev) {
	var form = ev.target;
	if (form.dataset.sent) {
		ev.preventDefault();
		return;
	}
	form.dataset.sent = "1";
	form.setAttribute("aria-busy", "true");
});
/* Back from the browser's memory, forms may be sent again. */
window.addEventListener("pageshow", function () {
	document.querySelectorAll("form[data-sent]").forEach(function (form) {
		delete form.dataset.sent;
		form.removeAttribute("aria-busy");
	});
});
