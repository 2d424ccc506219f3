/* The authority of a run and its server's certificate, judged by libssl's own rules for a server. */
#include "sim/world/certificate.h"

#include <check.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/wattproof-cert-XXXXXX", other[] = "/tmp/wattproof-cert-XXXXXX";

static void make(char *into)
{
    char text[300];
    struct wp_writer why = wp_writer(text, sizeof text);

    ck_assert_msg(certificate_make(into, &why), "%s", wp_put_end(&why));
}

static void setup(void)
{
    strcpy(dir + sizeof dir - 7, "XXXXXX");
    strcpy(other + sizeof other - 7, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_ptr_nonnull(mkdtemp(other));
    make(dir);
    make(other);
}

static void teardown(void)
{
    certificate_remove(dir);
    certificate_remove(other);
    ck_assert_int_eq(rmdir(dir), 0); /* nothing is left in it */
    ck_assert_int_eq(rmdir(other), 0);
}

static FILE *open_file(const char *in, const char *name)
{
    char path[100];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", in, name);
    f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    return f;
}

static X509 *certificate(const char *in, const char *name)
{
    FILE *f = open_file(in, name);
    X509 *cert = PEM_read_X509(f, NULL, NULL, NULL);

    fclose(f);
    ck_assert_ptr_nonnull(cert);
    return cert;
}

/* X509_V_OK, or what is wrong with the server when one trusts the authority and wants to reach `host`. */
static int verdict(const char *trusted, const char *host, const char *ip)
{
    X509 *ca = certificate(trusted, "ca.pem"), *server = certificate(dir, "server.pem");
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    int result;

    ck_assert(X509_STORE_add_cert(store, ca));
    ck_assert(X509_STORE_CTX_init(ctx, store, server, NULL));
    X509_STORE_CTX_set_default(ctx, "ssl_server");
    if (host)
        X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(ctx), host, 0);
    if (ip)
        X509_VERIFY_PARAM_set1_ip_asc(X509_STORE_CTX_get0_param(ctx), ip);
    result = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    X509_free(server);
    X509_free(ca);
    return result;
}

START_TEST(the_server_is_trusted_by_its_own_authority_alone)
{
    ck_assert_int_eq(verdict(dir, "localhost", NULL), X509_V_OK);
    ck_assert_int_eq(verdict(dir, NULL, "127.0.0.1"), X509_V_OK);
    ck_assert_int_ne(verdict(other, "localhost", NULL), X509_V_OK);
    ck_assert_int_eq(verdict(dir, "mqtt117.victronenergy.com", NULL), X509_V_ERR_HOSTNAME_MISMATCH);
    ck_assert_int_eq(verdict(dir, NULL, "127.0.0.2"), X509_V_ERR_IP_ADDRESS_MISMATCH);
}
END_TEST

START_TEST(the_key_is_the_servers_and_nobody_elses_to_read)
{
    FILE *f = open_file(dir, "server.key");
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    X509 *server = certificate(dir, "server.pem");
    struct stat s;

    ck_assert_int_eq(fstat(fileno(f), &s), 0);
    ck_assert_uint_eq(s.st_mode & 0777, 0600);
    ck_assert_int_eq(X509_check_private_key(server, key), 1);
    fclose(f);
    EVP_PKEY_free(key);
    X509_free(server);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named)
{
    char text[300];
    struct wp_writer why = wp_writer(text, sizeof text);

    ck_assert(!certificate_make("/tmp/wattproof-no-such-folder", &why));
    ck_assert_str_eq(wp_put_end(&why), "cannot write a certificate into /tmp/wattproof-no-such-folder: "
                                       "No such file or directory");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("certificate");
    TCase *t = tcase_create("certificate");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_server_is_trusted_by_its_own_authority_alone);
    tcase_add_test(t, the_key_is_the_servers_and_nobody_elses_to_read);
    tcase_add_test(t, a_folder_that_is_not_there_is_named);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
