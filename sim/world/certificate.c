#include "sim/world/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_BYTES = 600, AGE_S = 3600, LIFE_S = 365 * 24 * 3600 };

static const char *const files[] = {"ca.pem", "server.pem", "server.key"};

struct extension {
    int nid;
    const char *value;
};

/* In the order of the certificate: an identifier of the key stands before what refers to it. */
static const struct extension of_ca[] = {
    {NID_basic_constraints, "critical,CA:TRUE"},
    {NID_key_usage, "critical,keyCertSign,cRLSign"},
    {NID_subject_key_identifier, "hash"},
};
static const struct extension of_server[] = {
    {NID_basic_constraints, "critical,CA:FALSE"},
    {NID_key_usage, "critical,digitalSignature"},
    {NID_ext_key_usage, "serverAuth"},
    {NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1"},
    {NID_subject_key_identifier, "hash"},
    {NID_authority_key_identifier, "keyid:always"},
};

static bool extend(X509 *cert, X509 *issuer, const struct extension *at, size_t n)
{
    X509V3_CTX ctx;
    bool good = true;

    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    for (size_t i = 0; i < n && good; i++) {
        X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, at[i].nid, at[i].value);

        good = e && X509_add_ext(cert, e, -1);
        X509_EXTENSION_free(e);
    }
    return good;
}

/* Named, dated and with its key, but without extensions and unsigned. */
static X509 *draft(const char *name, long serial, EVP_PKEY *key)
{
    X509 *cert = X509_new();
    bool good;

    if (!cert)
        return NULL;
    good = X509_set_version(cert, X509_VERSION_3) && ASN1_INTEGER_set(X509_get_serialNumber(cert), serial) &&
           X509_gmtime_adj(X509_getm_notBefore(cert), -AGE_S) &&
           X509_gmtime_adj(X509_getm_notAfter(cert), LIFE_S) &&
           X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                                      (const unsigned char *)name, -1, -1, 0) &&
           X509_set_pubkey(cert, key);
    if (good)
        return cert;
    X509_free(cert);
    return NULL;
}

static bool sign(X509 *cert, X509 *issuer, EVP_PKEY *issuers_key, const struct extension *extensions,
                 size_t n)
{
    return X509_set_issuer_name(cert, X509_get_subject_name(issuer)) && extend(cert, issuer, extensions, n) &&
           X509_sign(cert, issuers_key, EVP_sha256()) > 0;
}

static FILE *create(const char *dir, const char *name)
{
    char path[PATH_BYTES];
    int fd;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return fd < 0 ? NULL : fdopen(fd, "w");
}

/* One of the two; a full disk shows when the file is closed at the latest. */
static bool write_pem(const char *dir, const char *name, X509 *cert, EVP_PKEY *key)
{
    FILE *f = create(dir, name);
    bool good;

    if (!f)
        return false;
    good = cert ? PEM_write_X509(f, cert) : PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    return fclose(f) == 0 && good;
}

bool certificate_make(const char *dir, struct wp_writer *why)
{
    EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
    X509 *ca = ca_key ? draft("wattproof test CA", 1, ca_key) : NULL;
    X509 *server = key ? draft("localhost", 2, key) : NULL;
    bool good = ca && server && sign(ca, ca, ca_key, of_ca, sizeof of_ca / sizeof *of_ca) &&
                sign(server, ca, ca_key, of_server, sizeof of_server / sizeof *of_server);

    if (!good) {
        wp_put_text(why, "libcrypto cannot make a certificate");
    } else {
        good = write_pem(dir, files[0], ca, NULL) && write_pem(dir, files[1], server, NULL) &&
               write_pem(dir, files[2], NULL, key);
        if (!good) {
            wp_put_text(why, "cannot write a certificate into ");
            wp_put_text(why, dir);
            wp_put_text(why, ": ");
            wp_put_text(why, strerror(errno));
        }
    }
    X509_free(server);
    X509_free(ca);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca_key);
    return good;
}

void certificate_remove(const char *dir)
{
    char path[PATH_BYTES];

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        unlink(path);
    }
}
