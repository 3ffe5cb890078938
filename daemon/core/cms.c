#include "daemon/core/cms.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/crypto.h"

#define RSA_BITS_MIN 2048

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
cms_freep(CMS_ContentInfo **c)
{
	CMS_ContentInfo_free(*c);
}

/* Our word and the library's reason; its queue is emptied. */
static int
foreign(struct err *e, enum err_code code, const char *what)
{
	unsigned long first = ERR_get_error();
	const char *why = ERR_reason_error_string(first);

	ERR_clear_error();
	return err_set(e, code, "%s: %s", what, why != NULL ? why : "?");
}

static int
read_pem(const void *pem, size_t n, X509 **out, struct err *e)
{
	AUTO(bio_freep) BIO *b = NULL;

	if (n > CMS_CERT_MAX)
		return err_tag(e, ERR_REFUSED, "certificate",
		    "a certificate over %d bytes", CMS_CERT_MAX);
	if ((b = BIO_new_mem_buf(pem, (int)n)) == NULL)
		return err_set(e, ERR_NOMEM, "certificate");
	*out = PEM_read_bio_X509(b, NULL, NULL, NULL);
	ERR_clear_error();
	if (*out == NULL)
		return err_tag(e, ERR_REFUSED, "certificate",
		    "the recipient's certificate is not PEM");
	return 0;
}

static int
check_key(X509 *cert, struct err *e)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	char group[64] = "";

	if (key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
	    EVP_PKEY_get_bits(key) >= RSA_BITS_MIN)
		return 0;
	if (key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	    (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0 ||
		strcmp(group, "secp384r1") == 0))
		return 0;
	return err_tag(e, ERR_REFUSED, "certificate",
	    "the recipient's key is neither RSA of %d bits nor P-256 nor "
	    "P-384",
	    RSA_BITS_MIN);
}

int
cms_recipient(const void *pem, size_t n, int64_t now_ms, uint8_t sha256[32],
    struct err *e)
{
	AUTO(cert_freep) X509 *cert = NULL;
	unsigned char *der = NULL;
	time_t now = (time_t)(now_ms / 1000);
	int len, r;

	if ((r = read_pem(pem, n, &cert, e)) < 0 ||
	    (r = check_key(cert, e)) < 0)
		return r;
	if (X509_cmp_time(X509_get0_notAfter(cert), &now) <= 0 ||
	    X509_cmp_time(X509_get0_notBefore(cert), &now) > 0)
		return err_tag(e, ERR_REFUSED, "certificate",
		    "the recipient's certificate is not valid now");
	if ((len = i2d_X509(cert, &der)) < 0)
		return foreign(e, ERR_INTERNAL, "certificate");
	r = digest_of(DIGEST_SHA256, der, (size_t)len, sha256, e);
	OPENSSL_free(der);
	return r;
}

/* --- SignedData, written by hand: the library signs only with a key ------ */

/* Tag and DER length (X.690, 10.1) in front of n bytes to come. */
static int
der_head(struct buf *out, uint8_t tag, size_t n, struct err *e)
{
	uint8_t h[10] = { tag };
	size_t k = 1, bytes = 0, v;

	if (n < 0x80) {
		h[k++] = (uint8_t)n;
		return buf_add(out, h, k, e);
	}
	for (v = n; v > 0; v >>= 8)
		bytes++;
	h[k++] = (uint8_t)(0x80 | bytes);
	while (bytes > 0)
		h[k++] = (uint8_t)(n >> (8 * --bytes));
	return buf_add(out, h, k, e);
}

/* The bytes of b become the content of tag, in b itself. */
static int
der_wrap(struct buf *b, uint8_t tag, struct err *e)
{
	struct buf out = { 0 };
	int r;

	if ((r = der_head(&out, tag, b->len, e)) < 0 ||
	    (r = buf_add(&out, b->p, b->len, e)) < 0) {
		buf_done(&out);
		return r;
	}
	buf_done(b);
	*b = out;
	return 0;
}

/* encapContentInfo: id-data, [0] OCTET STRING payload. */
static int
encapsulated(const void *payload, size_t n, struct buf *out, struct err *e)
{
	static const uint8_t id_data[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
		0xf7, 0x0d, 0x01, 0x07, 0x01 };
	AUTO(buf_done) struct buf content = { 0 };
	int r;

	if ((r = der_head(&content, 0x04, n, e)) < 0 ||
	    (r = buf_add(&content, payload, n, e)) < 0 ||
	    (r = der_wrap(&content, 0xa0, e)) < 0 ||
	    (r = buf_add(out, id_data, sizeof(id_data), e)) < 0 ||
	    (r = buf_add(out, content.p, content.len, e)) < 0)
		return r;
	return der_wrap(out, 0x30, e);
}

int
cms_signed(const void *payload, size_t n, const struct buf *certificate,
    const struct buf *signer_info, struct buf *out, struct err *e)
{
	static const uint8_t id_signed_data[] = { 0x06, 0x09, 0x2a, 0x86, 0x48,
		0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02 };
	/* version 1; digestAlgorithms { sha-256 } */
	static const uint8_t head[] = { 0x02, 0x01, 0x01, 0x31, 0x0d, 0x30,
		0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
		0x02, 0x01 };
	AUTO(buf_done)
	struct buf body = { 0 }, part = { 0 }, certs = { 0 }, signers = { 0 };
	int r;

	if ((r = encapsulated(payload, n, &part, e)) < 0 ||
	    (r = buf_add(&certs, certificate->p, certificate->len, e)) < 0 ||
	    (r = der_wrap(&certs, 0xa0, e)) < 0 ||
	    (r = buf_add(&signers, signer_info->p, signer_info->len, e)) < 0 ||
	    (r = der_wrap(&signers, 0x31, e)) < 0 ||
	    (r = buf_add(&body, head, sizeof(head), e)) < 0 ||
	    (r = buf_add(&body, part.p, part.len, e)) < 0 ||
	    (r = buf_add(&body, certs.p, certs.len, e)) < 0 ||
	    (r = buf_add(&body, signers.p, signers.len, e)) < 0 ||
	    (r = der_wrap(&body, 0x30, e)) < 0 ||
	    (r = der_wrap(&body, 0xa0, e)) < 0)
		return r;
	buf_reset(&part);
	if ((r = buf_add(&part, id_signed_data, sizeof(id_signed_data), e)) <
		0 ||
	    (r = buf_add(&part, body.p, body.len, e)) < 0 ||
	    (r = der_wrap(&part, 0x30, e)) < 0)
		return r;
	return buf_add(out, part.p, part.len, e);
}

/* --- AuthEnvelopedData ---------------------------------------------------- */

static int
recipient_parameters(CMS_RecipientInfo *ri, struct err *e)
{
	EVP_PKEY_CTX *k = CMS_RecipientInfo_get0_pkey_ctx(ri);
	int ok;

	if (k == NULL)
		return foreign(e, ERR_INTERNAL, "recipient");
	if (CMS_RecipientInfo_type(ri) == CMS_RECIPINFO_TRANS)
		ok = EVP_PKEY_CTX_set_rsa_padding(k, RSA_PKCS1_OAEP_PADDING) >
			 0 &&
		     EVP_PKEY_CTX_set_rsa_oaep_md(k, EVP_sha256()) > 0 &&
		     EVP_PKEY_CTX_set_rsa_mgf1_md(k, EVP_sha256()) > 0;
	else /* its default would be SHA-1 */
		ok = EVP_PKEY_CTX_set_ecdh_kdf_md(k, EVP_sha256()) > 0;
	return ok ? 0 : foreign(e, ERR_INTERNAL, "recipient");
}

static int
finish(CMS_ContentInfo *cms, const void *p, size_t n, struct buf *out,
    struct err *e)
{
	AUTO(bio_freep) BIO *in = BIO_new_mem_buf(p, (int)n);
	AUTO(bio_freep) BIO *der = BIO_new(BIO_s_mem());
	char *bytes;
	long len;

	if (in == NULL || der == NULL)
		return err_set(e, ERR_NOMEM, "envelope");
	if (CMS_final(cms, in, NULL, CMS_BINARY) != 1 ||
	    i2d_CMS_bio(der, cms) != 1)
		return foreign(e, ERR_INTERNAL, "envelope");
	len = BIO_get_mem_data(der, &bytes);
	return buf_add(out, bytes, (size_t)len, e);
}

int
cms_enveloped(const void *p, size_t n, const void *pem, size_t pem_len,
    struct buf *out, struct err *e)
{
	AUTO(cms_freep) CMS_ContentInfo *cms = NULL;
	AUTO(cert_freep) X509 *cert = NULL;
	CMS_RecipientInfo *ri;
	int r;

	if (n > INT32_MAX)
		return err_set(e, ERR_TOO_LARGE, "extract");
	if ((r = read_pem(pem, pem_len, &cert, e)) < 0)
		return r;
	cms = CMS_AuthEnvelopedData_create(EVP_aes_256_gcm());
	if (cms == NULL || CMS_set_detached(cms, 0) != 1)
		return foreign(e, ERR_INTERNAL, "envelope");
	ri = CMS_add1_recipient_cert(cms, cert, CMS_KEY_PARAM | CMS_BINARY);
	if (ri == NULL)
		return foreign(e, ERR_INTERNAL, "recipient");
	if ((r = recipient_parameters(ri, e)) < 0)
		return r;
	return finish(cms, p, n, out, e);
}
