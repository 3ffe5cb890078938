#include "client/open_extract.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "client/cli.h"

static void
bio_freep(BIO **b)
{
	BIO_free(*b);
}

static void
cert_freep(X509 **c)
{
	X509_free(*c);
}

static void
key_freep(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

static void
cms_freep(CMS_ContentInfo **c)
{
	CMS_ContentInfo_free(*c);
}

static void
store_freep(X509_STORE **s)
{
	X509_STORE_free(*s);
}

static void
stack_freep(STACK_OF(X509) * *s)
{
	sk_X509_free(*s);
}

/* The library's reason is for its own people: its queue is emptied. */
static int
forged(struct err *e, const char *what)
{
	ERR_clear_error();
	return err_tag(e, ERR_INTEGRITY, "container", "%s", what);
}

static int
no_memory(struct err *e)
{
	ERR_clear_error();
	return err_set(e, ERR_NOMEM, "container");
}

static int
read_cert(const struct buf *pem, const char *what, X509 **out, struct err *e)
{
	AUTO(bio_freep) BIO *b = BIO_new_mem_buf(pem->p, (int)pem->len);

	if (b == NULL)
		return no_memory(e);
	*out = PEM_read_bio_X509(b, NULL, NULL, NULL);
	ERR_clear_error();
	if (*out == NULL)
		return err_set(e, ERR_USAGE, "%s: %s", what,
		    _("un certificat PEM est attendu"));
	return 0;
}

/* PEM_read_bio_PrivateKey asks only when the key is encrypted. */
static int
give_passphrase(char *out, int size, int writing, void *arg)
{
	const struct open_spec *s = arg;
	AUTO(secret_done) struct secret pass = { 0 };

	(void)writing;
	if (s->ask == NULL || s->ask(s->arg, &pass, NULL) < 0 || size < 0 ||
	    pass.len > (size_t)size)
		return -1;
	memcpy(out, pass.p, pass.len);
	return (int)pass.len;
}

static int
read_key(const struct open_spec *s, EVP_PKEY **out, struct err *e)
{
	AUTO(bio_freep) BIO *b = BIO_new_mem_buf(s->key->p, (int)s->key->len);

	if (b == NULL)
		return no_memory(e);
	*out = PEM_read_bio_PrivateKey(
	    b, NULL, give_passphrase, (void *)(uintptr_t)s);
	ERR_clear_error();
	if (*out == NULL)
		return err_set(e, ERR_USAGE, "--key: %s",
		    _("une clé privée PEM est attendue"));
	return 0;
}

/* DER of a container, all of n bytes and in the one way that DER allows. */
static int
read_cms(const void *der, size_t n, CMS_ContentInfo **out, struct err *e)
{
	AUTO(bio_freep) BIO *b = NULL;
	AUTO(bio_freep) BIO *again = BIO_new(BIO_s_mem());
	char *bytes;
	long len;

	if (n == 0 || n > INT_MAX)
		return forged(e, "size");
	b = BIO_new_mem_buf(der, (int)n);
	if (b == NULL || again == NULL)
		return no_memory(e);
	if ((*out = d2i_CMS_bio(b, NULL)) == NULL)
		return forged(e, "CMS");
	if (i2d_CMS_bio(again, *out) != 1 ||
	    (len = BIO_get_mem_data(again, &bytes)) < 0 || (size_t)len != n ||
	    memcmp(bytes, der, n) != 0)
		return forged(e, "DER");
	return 0;
}

/* What a memory BIO holds goes to a buffer that is wiped, and is wiped. */
static int
take_bytes(BIO *b, struct buf *out, struct err *e)
{
	char *bytes;
	long n = BIO_get_mem_data(b, &bytes);
	int r;

	if (n < 0)
		return forged(e, "size");
	r = buf_add(out, bytes, (size_t)n, e);
	OPENSSL_cleanse(bytes, (size_t)n);
	return r;
}

/* --- the shape of the envelope ------------------------------------------ */

/*
 * The bytes of an envelope that decryption takes no notice of have one value
 * only (RFC 5083, 2.1; RFC 5652, 6.2): versions and the type of what is
 * inside. A reader of DER that knows as much as that.
 */
struct der {
	const uint8_t *p;
	size_t left;
	int bad;
};

/* The content of the next element, which must have this tag. */
static struct der
der_enter(struct der *d, uint8_t tag)
{
	struct der in = { .bad = 1 };
	size_t n, k, at = 2;

	if (d->bad || d->left < 2 || d->p[0] != tag) {
		d->bad = 1;
		return in;
	}
	n = d->p[1];
	if (n >= 0x80) {
		k = n & 0x7f;
		if (k == 0 || k > 4 || d->left < 2 + k) {
			d->bad = 1;
			return in;
		}
		for (n = 0; k > 0; k--)
			n = n << 8 | d->p[at++];
	}
	if (d->left - at < n) {
		d->bad = 1;
		return in;
	}
	in = (struct der){ .p = d->p + at, .left = n };
	d->p += at + n;
	d->left -= at + n;
	return in;
}

static int
der_is(const struct der *d, const void *p, size_t n)
{
	return !d->bad && d->left == n && memcmp(d->p, p, n) == 0;
}

static int
has_version(struct der *d, uint8_t version)
{
	struct der v = der_enter(d, 0x02);

	return der_is(&v, &version, 1);
}

/* Is the next element byte for byte n bytes at p? It is passed over. */
static int
der_next_is(struct der *d, const void *p, size_t n)
{
	if (d->bad || d->left < n || memcmp(d->p, p, n) != 0)
		return 0;
	d->p += n;
	d->left -= n;
	return 1;
}

/* A fresh public key: whole bytes, an uncompressed point (RFC 5753, 3.1.1;
 * the library would take other forms of the same point). */
static int
originator_is_ours(struct der *d)
{
	static const uint8_t ec_key[] = { 0x30, 0x09, 0x06, 0x07, 0x2a, 0x86,
		0x48, 0xce, 0x3d, 0x02, 0x01 };
	static const uint8_t form[] = { 0x00, 0x04 };
	struct der in = der_enter(d, 0xa1), point;

	if (d->left != 0 || !der_next_is(&in, ec_key, sizeof(ec_key)))
		return 0;
	point = der_enter(&in, 0x03);
	return in.left == 0 && der_next_is(&point, form, sizeof(form));
}

/*
 * One recipient, named by this issuer and serial (names are compared without
 * regard to case elsewhere): by a key that is agreed on, or one that is
 * carried.
 */
static int
recipient_is_ours(struct der *set, const struct buf *rid)
{
	struct der r, keys, one;

	if (set->bad || set->left == 0)
		return 0;
	if (set->p[0] == 0x30) {
		r = der_enter(set, 0x30);
		return set->left == 0 && has_version(&r, 0) &&
		       der_next_is(&r, rid->p, rid->len);
	}
	r = der_enter(set, 0xa1);
	if (set->left != 0 || !has_version(&r, 3))
		return 0;
	one = der_enter(&r, 0xa0);
	keys = der_enter(&r, 0x30); /* the algorithm */
	if (!originator_is_ours(&one) || keys.bad)
		return 0;
	keys = der_enter(&r, 0x30);
	one = der_enter(&keys, 0x30);
	return r.left == 0 && keys.left == 0 && !one.bad &&
	       der_next_is(&one, rid->p, rid->len);
}

/* What is inside is data under AES-256-GCM, nonce of 12, tag of 16 bytes. */
static int
content_is_ours(struct der *content)
{
	static const uint8_t id_data[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
		0xf7, 0x0d, 0x01, 0x07, 0x01 };
	static const uint8_t aes_gcm[] = { 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
		0x65, 0x03, 0x04, 0x01, 0x2e };
	static const uint8_t tag_length[] = { 0x02, 0x01, GCM_TAG_LEN };
	struct der alg, params, nonce, cipher;

	if (!der_next_is(content, id_data, sizeof(id_data)))
		return 0;
	alg = der_enter(content, 0x30);
	cipher = der_enter(content, 0x80);
	if (cipher.bad || content->left != 0 ||
	    !der_next_is(&alg, aes_gcm, sizeof(aes_gcm)))
		return 0;
	params = der_enter(&alg, 0x30);
	nonce = der_enter(&params, 0x04);
	return alg.left == 0 && !nonce.bad && nonce.left == GCM_NONCE_LEN &&
	       der_is(&params, tag_length, sizeof(tag_length));
}

static int
envelope_is_ours(const void *der, size_t n, const struct buf *rid)
{
	struct der whole = { .p = der, .left = n }, in, set, content, mac;

	in = der_enter(&whole, 0x30);
	set = der_enter(&in, 0x06); /* the library looked at it */
	if (whole.left != 0 || set.bad)
		return 0;
	in = der_enter(&in, 0xa0);
	in = der_enter(&in, 0x30);
	if (!has_version(&in, 0))
		return 0;
	set = der_enter(&in, 0x31);
	content = der_enter(&in, 0x30);
	mac = der_enter(&in, 0x04);
	return !mac.bad && in.left == 0 && mac.left == GCM_TAG_LEN &&
	       recipient_is_ours(&set, rid) && content_is_ours(&content);
}

/* IssuerAndSerialNumber of cert (RFC 5652, 10.2.4), as DER. */
static int
name_recipient(X509 *cert, struct buf *out, struct err *e)
{
	unsigned char *name = NULL, *serial = NULL;
	int n = i2d_X509_NAME(X509_get_issuer_name(cert), &name);
	int m = i2d_ASN1_INTEGER(X509_get0_serialNumber(cert), &serial);
	uint8_t head[4] = { 0x30 };
	size_t all = (size_t)n + (size_t)m, at = 0;
	int r;

	if (n < 0 || m < 0 || all > UINT16_MAX) {
		r = forged(e, "certificate");
	} else {
		if (all >= 0x100) {
			head[++at] = 0x82;
			head[++at] = (uint8_t)(all >> 8);
		} else if (all >= 0x80) {
			head[++at] = 0x81;
		}
		head[++at] = (uint8_t)all;
		if ((r = buf_add(out, head, at + 1, e)) == 0 &&
		    (r = buf_add(out, name, (size_t)n, e)) == 0)
			r = buf_add(out, serial, (size_t)m, e);
	}
	OPENSSL_free(name);
	OPENSSL_free(serial);
	return r;
}

/* --- opening ------------------------------------------------------------ */

static int
decrypt(const void *der, size_t n, X509 *cert, EVP_PKEY *key, struct buf *out,
    struct err *e)
{
	AUTO(cms_freep) CMS_ContentInfo *cms = NULL;
	AUTO(bio_freep) BIO *text = BIO_new(BIO_s_mem());
	AUTO(buf_done) struct buf refused = { 0 }, rid = { 0 };
	int r;

	if (text == NULL)
		return no_memory(e);
	if ((r = read_cms(der, n, &cms, e)) < 0 ||
	    (r = name_recipient(cert, &rid, e)) < 0)
		return r;
	if (OBJ_obj2nid(CMS_get0_type(cms)) !=
		NID_id_smime_ct_authEnvelopedData ||
	    !envelope_is_ours(der, n, &rid))
		return forged(e, "AuthEnvelopedData");
	if (CMS_decrypt(cms, key, cert, NULL, text, CMS_BINARY) != 1) {
		/* Nothing that did not authenticate stays in memory. */
		r = take_bytes(text, &refused, NULL);
		return forged(e, "decrypt");
	}
	return take_bytes(text, out, e);
}

/* The vault's certificate is the anchor and the only signer. */
static int
vault_store(
    const struct open_spec *s, X509 *vault, X509_STORE **out, struct err *e)
{
	X509_VERIFY_PARAM *p;

	if ((*out = X509_STORE_new()) == NULL ||
	    X509_STORE_add_cert(*out, vault) != 1)
		return no_memory(e);
	p = X509_STORE_get0_param(*out);
	X509_VERIFY_PARAM_set_time(p, (time_t)(s->now_ms / 1000));
	X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN);
	return 0;
}

static int
verify(const struct open_spec *s, const struct buf *is_signed,
    struct buf *payload, struct err *e)
{
	AUTO(cms_freep) CMS_ContentInfo *cms = NULL;
	AUTO(cert_freep) X509 *vault = NULL;
	AUTO(store_freep) X509_STORE *store = NULL;
	AUTO(stack_freep) STACK_OF(X509) *certs = sk_X509_new_null();
	AUTO(bio_freep) BIO *text = BIO_new(BIO_s_mem());
	int r;

	if (text == NULL || certs == NULL)
		return no_memory(e);
	if ((r = read_cert(s->vault, "--vault-cert", &vault, e)) < 0 ||
	    (r = vault_store(s, vault, &store, e)) < 0 ||
	    (r = read_cms(is_signed->p, is_signed->len, &cms, e)) < 0)
		return r;
	if (sk_X509_push(certs, vault) <= 0)
		return no_memory(e);
	if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed ||
	    OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data ||
	    sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms)) != 1)
		return forged(e, "SignedData");
	if (CMS_verify(cms, certs, store, NULL, text,
		CMS_BINARY | CMS_NOINTERN | CMS_CADES) != 1)
		return forged(e, "signature");
	return take_bytes(text, payload, e);
}

static int
cert_sha256(X509 *cert, uint8_t out[SHA256_LEN], struct err *e)
{
	unsigned char *der = NULL;
	int n = i2d_X509(cert, &der), r;

	if (n < 0)
		return no_memory(e);
	r = digest_of(DIGEST_SHA256, der, (size_t)n, out, e);
	OPENSSL_free(der);
	return r;
}

int
open_extract(const struct open_spec *s, const void *der, size_t n,
    struct buf *payload, uint8_t recipient[SHA256_LEN], struct err *e)
{
	AUTO(cert_freep) X509 *cert = NULL;
	AUTO(key_freep) EVP_PKEY *key = NULL;
	AUTO(buf_done) struct buf is_signed = { 0 };
	int r;

	if ((r = read_cert(s->cert, "--cert", &cert, e)) < 0 ||
	    (r = read_key(s, &key, e)) < 0)
		return r;
	if (X509_check_private_key(cert, key) != 1) {
		ERR_clear_error();
		return err_set(e, ERR_USAGE, "%s",
		    _("la clé n'est pas celle du certificat"));
	}
	if ((r = cert_sha256(cert, recipient, e)) < 0 ||
	    (r = decrypt(der, n, cert, key, &is_signed, e)) < 0)
		return r;
	return verify(s, &is_signed, payload, e);
}
