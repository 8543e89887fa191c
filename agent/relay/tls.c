/* SPDX-License-Identifier: Apache-2.0 */
/* The client's side of RFC 5425: TLS 1.2 or later, and the server's certificate must be good for
   the name that the configuration says. */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/sink.h"

struct tls {
	const struct settings_sink *settings;
	SSL_CTX *context;
	SSL *ssl;
};

static int fail(char *ret_why, const char *what)
{
	unsigned long e = ERR_get_error();
	const char *reason = e ? ERR_reason_error_string(e) : NULL;

	snprintf(ret_why, 256, "%.120s: %.120s", what, reason ? reason : "failed");
	ERR_clear_error();
	return -EPROTO;
}

int tls_new(const struct settings_sink *s, struct tls **ret, char *ret_why)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->settings = s;
	t->context = SSL_CTX_new(TLS_client_method());
	if (!t->context || !SSL_CTX_set_min_proto_version(t->context, TLS1_2_VERSION)) {
		tls_free(t);
		return fail(ret_why, "TLS");
	}
	SSL_CTX_set_verify(t->context, SSL_VERIFY_PEER, NULL);
	if (s->ca[0] ? !SSL_CTX_load_verify_locations(t->context, s->ca, NULL)
		     : !SSL_CTX_set_default_verify_paths(t->context)) {
		tls_free(t);
		return fail(ret_why, s->ca[0] ? s->ca : "the system's authorities");
	}
	if (s->cert[0] &&
		(SSL_CTX_use_certificate_chain_file(t->context, s->cert) != 1 ||
			SSL_CTX_use_PrivateKey_file(
				t->context, s->key[0] ? s->key : s->cert, SSL_FILETYPE_PEM) != 1)) {
		tls_free(t);
		return fail(ret_why, s->cert);
	}
	*ret = t;
	return 0;
}

struct tls *tls_free(struct tls *t)
{
	if (t) {
		SSL_free(t->ssl);
		SSL_CTX_free(t->context);
		free(t);
	}
	return NULL;
}

static bool set_name(SSL *ssl, const char *host)
{
	uint8_t address[16];

	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
	return SSL_set_tlsext_host_name(ssl, host) == 1 && SSL_set1_host(ssl, host) == 1;
}

int tls_connect(struct tls *t, int fd, char *ret_why)
{
	long verdict;

	SSL_free(t->ssl);
	t->ssl = SSL_new(t->context);
	if (!t->ssl || !set_name(t->ssl, t->settings->host) || SSL_set_fd(t->ssl, fd) != 1)
		return fail(ret_why, "TLS");
	if (SSL_connect(t->ssl) == 1)
		return 0;
	verdict = SSL_get_verify_result(t->ssl);
	if (verdict != X509_V_OK) {
		snprintf(ret_why, 256, "the server's certificate is refused: %s",
			X509_verify_cert_error_string(verdict));
		ERR_clear_error();
		return -EACCES;
	}
	return fail(ret_why, "the TLS handshake");
}

int tls_write(struct tls *t, struct view v)
{
	size_t n;

	if (!t->ssl)
		return -ENOTCONN;
	if (SSL_write_ex(t->ssl, v.p, v.n, &n) == 1 && n == v.n)
		return 0;
	ERR_clear_error();
	return -EPIPE;
}

void tls_disconnect(struct tls *t)
{
	if (t && t->ssl) {
		(void)SSL_shutdown(t->ssl);
		ERR_clear_error();
		SSL_free(t->ssl);
		t->ssl = NULL;
	}
}
