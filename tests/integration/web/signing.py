"""Signing at the desk what a page gives to sign: with the very command that
it shows, in the folder of the file that the browser saved."""

import os
import subprocess

from browser import DESK_USER, SEAT, become


def sign(b, path, who, namespace=None):
    """The .sig beside path; another namespace than the page's is a fault that
    is meant."""
    command = next(e.text for e in b.all("pre code")
                   if e.text.startswith("ssh-keygen")).split()
    assert command[-1] == os.path.basename(path), command
    command[command.index("-f") + 1] = "%s/.ssh/%s" % (SEAT, who)
    if namespace:
        command[command.index("-n") + 1] = namespace
    if os.path.exists(path + ".sig"):
        os.remove(path + ".sig")
    subprocess.run(become(DESK_USER, *command), cwd=os.path.dirname(path),
                   check=True, capture_output=True)
    return path + ".sig"


def pressed(b, button):
    """Pressed; the page that comes, whole."""
    b.d.execute_script("window.before = true")
    b.click(button)
    b.wait_for(lambda: not b.d.execute_script("return window.before"))
    b.wait_for(lambda: b.d.execute_script("return document.readyState")
               == "complete")
