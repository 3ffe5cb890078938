"""Where the signatures of a PDF are: a second opinion.

Written apart from pdf_locate.c and range.c, after ISO 32000-1 (7.2, 7.3.5,
12.8.1) and our rule, slowly and without their tricks: byte by byte, no search
functions. locate(data) gives the ranges that the rule allows, as (b, c,
length), in the order of their literals, and how many /ByteRange there are.
"""
SPACE = {0x00, 0x09, 0x0A, 0x0C, 0x0D, 0x20}
DELIMITERS = set(b"()<>[]{}/%")
HEX = set(b"0123456789abcdefABCDEF")
DIGITS = set(b"0123456789")
LITERAL_MAX = 256
DER_MAX = 1 << 20


def name_at(data, at):
    """The name after a slash: its text, #xx undone; its end; was it plain?"""
    text, plain = [], True
    while at < len(data) and data[at] not in SPACE | DELIMITERS:
        if data[at] == 0x23 and at + 2 < len(data) and \
                data[at + 1] in HEX and data[at + 2] in HEX:
            text.append(int(bytes(data[at + 1:at + 3]), 16))
            plain = False
            at += 3
        else:
            text.append(data[at])
            at += 1
    return bytes(text), at, plain


def literal_at(data, at):
    """[0 a b c] after white space, or None."""
    end = min(len(data), at + LITERAL_MAX)
    tokens, word = [], b""
    opened = False
    while at < end:
        byte = data[at]
        at += 1
        if not opened:
            if byte == 0x5B:
                opened = True
            elif byte not in SPACE:
                return None
        elif byte in DIGITS:
            word += bytes([byte])
        elif byte in SPACE or byte == 0x5D:
            if word:
                tokens.append(int(word))
                word = b""
            if byte == 0x5D:
                return tokens if len(tokens) == 4 else None
        else:
            return None
    return None


def is_allowed(data, numbers, token):
    zero, b, c, length = numbers
    if zero != 0 or not 0 < b < c or length < 1 or c + length > len(data):
        return False
    if data[b] != 0x3C or data[c - 1] != 0x3E:
        return False
    digits = data[b + 1:c - 1]
    if len(digits) < 2 or len(digits) % 2 or len(digits) > 2 * DER_MAX or \
            any(d not in HEX for d in digits):
        return False
    before = b
    while before > 0 and data[before - 1] in SPACE:
        before -= 1
    if data[max(0, before - 9):before] != b"/Contents":
        return False
    # The literal is in what it covers.
    return token < b or c <= token < c + length


def locate(data):
    found, count, at = [], 0, 0
    while at < len(data):
        if data[at] != 0x2F:
            at += 1
            continue
        text, end, plain = name_at(data, at + 1)
        if text == b"ByteRange":
            count += 1
            numbers = literal_at(data, end)
            if plain and numbers and is_allowed(data, numbers, at):
                found.append(tuple(numbers[1:]))
        at += 1
    return found, count
