#include "daemon/inspect/provider.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <string.h>

#define CHOSEN_MAX 31
#define NAME "sceau"

/* Some algorithms of one operation, ended by one without a name. */
struct chosen {
	OSSL_ALGORITHM algorithms[CHOSEN_MAX + 1];
};

/*
 * The default provider, loaded where nobody asks it. OpenSSL hands back to
 * these functions what the algorithms need, which is that one's: there is no
 * room for anything of ours but here.
 */
static OSSL_PROVIDER *whole;
static struct chosen keys, decoders;

/* The keys that verify signatures; names of an algorithm end with ':'. */
static int
is_signing_key(const OSSL_ALGORITHM *a)
{
	static const char *const names[] = { "RSA", "RSA-PSS", "EC", "ED25519",
		"ED448", "DSA", "SM2" };
	size_t i, n = strcspn(a->algorithm_names, ":");

	for (i = 0; i < NELEMS(names); i++)
		if (strlen(names[i]) == n &&
		    strncmp(a->algorithm_names, names[i], n) == 0)
			return 1;
	return 0;
}

/* The properties are a list such as "provider=default,input=der". */
static int
is_decoder_of_public_key(const OSSL_ALGORITHM *a)
{
	return is_signing_key(a) &&
	       strstr(a->property_definition, "input=der") != NULL &&
	       strstr(a->property_definition,
		   "structure=SubjectPublicKeyInfo") != NULL;
}

static int
choose(int operation, int (*is_wanted)(const OSSL_ALGORITHM *a),
    struct chosen *out, struct err *e)
{
	const OSSL_ALGORITHM *a;
	int no_cache = 0;
	size_t n = 0;

	a = OSSL_PROVIDER_query_operation(whole, operation, &no_cache);
	for (; a != NULL && a->algorithm_names != NULL; a++)
		if (n < CHOSEN_MAX && is_wanted(a))
			out->algorithms[n++] = *a;
	return n > 0 ? 0 : err_set(e, ERR_INTERNAL, "OpenSSL: no keys");
}

static const OSSL_ALGORITHM *
query(void *provider, int operation, int *no_cache)
{
	(void)provider;
	*no_cache = 0;
	switch (operation) {
	case OSSL_OP_KEYMGMT:
		return keys.algorithms;
	case OSSL_OP_DECODER:
		return decoders.algorithms;
	default:
		return OSSL_PROVIDER_query_operation(
		    whole, operation, no_cache);
	}
}

static const OSSL_PARAM *
gettable(void *provider)
{
	(void)provider;
	return OSSL_PROVIDER_gettable_params(whole);
}

static int
get(void *provider, OSSL_PARAM params[])
{
	(void)provider;
	return OSSL_PROVIDER_get_params(whole, params);
}

static int
capabilities(void *provider, const char *what, OSSL_CALLBACK *cb, void *arg)
{
	(void)provider;
	return OSSL_PROVIDER_get_capabilities(whole, what, cb, arg);
}

/* OpenSSL ends when the process does: whole is not given back before. */
static void
teardown(void *provider)
{
	(void)provider;
}

static int
init(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *from_core,
    const OSSL_DISPATCH **out, void **provider)
{
	static const OSSL_DISPATCH functions[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
		{ OSSL_FUNC_PROVIDER_GETTABLE_PARAMS,
		    (void (*)(void))gettable },
		{ OSSL_FUNC_PROVIDER_GET_PARAMS, (void (*)(void))get },
		{ OSSL_FUNC_PROVIDER_GET_CAPABILITIES,
		    (void (*)(void))capabilities },
		{ OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))teardown },
		{ 0, NULL },
	};

	(void)core;
	(void)from_core;
	*out = functions;
	*provider = OSSL_PROVIDER_get0_provider_ctx(whole);
	return *provider != NULL;
}

/* What its generators would otherwise do in each worker. */
static int
start_random(OSSL_LIB_CTX *lib, struct err *e)
{
	uint8_t byte;

	if (RAND_bytes_ex(lib, &byte, 1, 0) != 1 ||
	    RAND_priv_bytes_ex(lib, &byte, 1, 0) != 1)
		return err_set(e, ERR_INTERNAL, "OpenSSL: random bytes");
	return 0;
}

int
provider_narrow(struct err *e)
{
	OSSL_LIB_CTX *lib;
	int r;

	if (whole != NULL)
		return 0;
	if ((lib = OSSL_LIB_CTX_new()) == NULL)
		return err_set(e, ERR_INTERNAL, "OpenSSL does not start");
	if ((whole = OSSL_PROVIDER_load(lib, "default")) == NULL) {
		OSSL_LIB_CTX_free(lib);
		return err_set(e, ERR_INTERNAL, "OpenSSL: default provider");
	}
	if ((r = start_random(lib, e)) < 0 ||
	    (r = choose(OSSL_OP_KEYMGMT, is_signing_key, &keys, e)) < 0 ||
	    (r = choose(
		 OSSL_OP_DECODER, is_decoder_of_public_key, &decoders, e)) < 0)
		return r;
	if (OSSL_PROVIDER_add_builtin(NULL, NAME, init) != 1 ||
	    OSSL_PROVIDER_load(NULL, NAME) == NULL)
		return err_set(e, ERR_INTERNAL, "OpenSSL: its provider");
	return 0;
}
