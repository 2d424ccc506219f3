/* Names of the numbers in DLMS/COSEM APDUs.
 * Each *_text gives NULL for a number without a meaning; cosem_put_name then says "unknown(N)".
 * source: IEC 62056-5-3, IEC 62056-6-2 */
#ifndef WP_COSEM_NAME_H
#define WP_COSEM_NAME_H

#include "sim/codec/cosem_apdu.h"

#define COSEM_ACCESS_RESULTS(X)                                                                              \
    X(0, SUCCESS, "success")                                                                                 \
    X(1, HARDWARE_FAULT, "hardware-fault")                                                                   \
    X(2, TEMPORARY_FAILURE, "temporary-failure")                                                             \
    X(3, READ_WRITE_DENIED, "read-write-denied")                                                             \
    X(4, OBJECT_UNDEFINED, "object-undefined")                                                               \
    X(9, CLASS_INCONSISTENT, "object-class-inconsistent")                                                    \
    X(11, OBJECT_UNAVAILABLE, "object-unavailable")                                                          \
    X(12, TYPE_UNMATCHED, "type-unmatched")                                                                  \
    X(13, SCOPE_VIOLATED, "scope-of-access-violated")                                                        \
    X(14, BLOCK_UNAVAILABLE, "data-block-unavailable")                                                       \
    X(15, LONG_GET_ABORTED, "long-get-aborted")                                                              \
    X(16, NO_LONG_GET, "no-long-get-in-progress")                                                            \
    X(17, LONG_SET_ABORTED, "long-set-aborted")                                                              \
    X(18, NO_LONG_SET, "no-long-set-in-progress")                                                            \
    X(19, BLOCK_NUMBER_INVALID, "data-block-number-invalid")                                                 \
    X(250, OTHER_REASON, "other-reason")

/* data-access-result */
enum cosem_access_result {
#define X(number, name, text) COSEM_RESULT_##name = number,
    COSEM_ACCESS_RESULTS(X)
#undef X
};

/* action-result: the same, but for */
#define COSEM_ACTION_RESULTS(X)                                                                              \
    X(15, LONG_ABORTED, "long-action-aborted")                                                               \
    X(16, NO_LONG, "no-long-action-in-progress")

enum cosem_action_result {
#define X(number, name, text) COSEM_ACTION_##name = number,
    COSEM_ACTION_RESULTS(X)
#undef X
};

#define COSEM_CONTEXTS(X)                                                                                    \
    X(1, LN, "LN")                                                                                           \
    X(2, SN, "SN")                                                                                           \
    X(3, LN_CIPHERED, "LN-ciphered")                                                                         \
    X(4, SN_CIPHERED, "SN-ciphered")

enum cosem_context {
#define X(number, name, text) COSEM_CONTEXT_##name = number,
    COSEM_CONTEXTS(X)
#undef X
};

#define COSEM_MECHANISMS(X)                                                                                  \
    X(0, NONE, "none")                                                                                       \
    X(1, LLS, "LLS")                                                                                         \
    X(2, HLS, "HLS")                                                                                         \
    X(3, HLS_MD5, "HLS-MD5")                                                                                 \
    X(4, HLS_SHA1, "HLS-SHA1")                                                                               \
    X(5, HLS_GMAC, "HLS-GMAC")                                                                               \
    X(6, HLS_SHA256, "HLS-SHA256")                                                                           \
    X(7, HLS_ECDSA, "HLS-ECDSA")

enum cosem_mechanism {
#define X(number, name, text) COSEM_MECHANISM_##name = number,
    COSEM_MECHANISMS(X)
#undef X
};

#define COSEM_ASSOCIATION_RESULTS(X)                                                                         \
    X(0, ACCEPTED, "accepted")                                                                               \
    X(1, REJECTED_PERMANENT, "rejected-permanent")                                                           \
    X(2, REJECTED_TRANSIENT, "rejected-transient")

enum cosem_association_result {
#define X(number, name, text) COSEM_ASSOCIATION_##name = number,
    COSEM_ASSOCIATION_RESULTS(X)
#undef X
};

/* associate-source-diagnostic of the user */
#define COSEM_USER_DIAGNOSTICS(X)                                                                            \
    X(0, NONE, "null")                                                                                       \
    X(1, NO_REASON, "no-reason-given")                                                                       \
    X(2, CONTEXT_NOT_SUPPORTED, "application-context-name-not-supported")                                    \
    X(3, CALLING_TITLE, "calling-AP-title-not-recognized")                                                   \
    X(4, CALLING_INVOCATION, "calling-AP-invocation-identifier-not-recognized")                              \
    X(5, CALLING_QUALIFIER, "calling-AE-qualifier-not-recognized")                                           \
    X(6, CALLING_AE_INVOCATION, "calling-AE-invocation-identifier-not-recognized")                           \
    X(7, CALLED_TITLE, "called-AP-title-not-recognized")                                                     \
    X(8, CALLED_INVOCATION, "called-AP-invocation-identifier-not-recognized")                                \
    X(9, CALLED_QUALIFIER, "called-AE-qualifier-not-recognized")                                             \
    X(10, CALLED_AE_INVOCATION, "called-AE-invocation-identifier-not-recognized")                            \
    X(11, MECHANISM_NOT_RECOGNISED, "authentication-mechanism-name-not-recognised")                          \
    X(12, MECHANISM_REQUIRED, "authentication-mechanism-name-required")                                      \
    X(13, AUTHENTICATION_FAILURE, "authentication-failure")                                                  \
    X(14, AUTHENTICATION_REQUIRED, "authentication-required")

enum cosem_user_diagnostic {
#define X(number, name, text) COSEM_USER_##name = number,
    COSEM_USER_DIAGNOSTICS(X)
#undef X
};

#define COSEM_PROVIDER_DIAGNOSTICS(X)                                                                        \
    X(0, NONE, "null")                                                                                       \
    X(1, NO_REASON, "no-reason-given")                                                                       \
    X(2, NO_COMMON_VERSION, "no-common-acse-version")

#define COSEM_EXCEPTION_STATES(X)                                                                            \
    X(1, SERVICE_NOT_ALLOWED, "service-not-allowed")                                                         \
    X(2, SERVICE_UNKNOWN, "service-unknown")

enum cosem_exception_state {
#define X(number, name, text) COSEM_STATE_##name = number,
    COSEM_EXCEPTION_STATES(X)
#undef X
};

#define COSEM_EXCEPTION_SERVICES(X)                                                                          \
    X(1, OPERATION_NOT_POSSIBLE, "operation-not-possible")                                                   \
    X(2, NOT_SUPPORTED, "service-not-supported")                                                             \
    X(3, OTHER_REASON, "other-reason")                                                                       \
    X(4, PDU_TOO_LONG, "pdu-too-long")                                                                       \
    X(5, DECIPHERING_ERROR, "deciphering-error")                                                             \
    X(6, INVOCATION_COUNTER, "invocation-counter-error")

enum cosem_exception_service {
#define X(number, name, text) COSEM_SERVICE_##name = number,
    COSEM_EXCEPTION_SERVICES(X)
#undef X
};

/* Bit 0 is the high bit of the 24. */
#define COSEM_CONFORMANCE(X)                                                                                 \
    X(1, GENERAL_PROTECTION, "general-protection")                                                           \
    X(2, GENERAL_BLOCK_TRANSFER, "general-block-transfer")                                                   \
    X(3, READ, "read")                                                                                       \
    X(4, WRITE, "write")                                                                                     \
    X(5, UNCONFIRMED_WRITE, "unconfirmed-write")                                                             \
    X(6, DELTA_VALUES, "delta-value-encoding")                                                               \
    X(8, ATTRIBUTE0_SET, "attribute-0-set")                                                                  \
    X(9, PRIORITY, "priority-mgmt")                                                                          \
    X(10, ATTRIBUTE0_GET, "attribute-0-get")                                                                 \
    X(11, BLOCK_GET, "block-get")                                                                            \
    X(12, BLOCK_SET, "block-set")                                                                            \
    X(13, BLOCK_ACTION, "block-action")                                                                      \
    X(14, MULTIPLE_REFERENCES, "multiple-references")                                                        \
    X(15, INFORMATION_REPORT, "information-report")                                                          \
    X(16, DATA_NOTIFICATION, "data-notification")                                                            \
    X(17, ACCESS, "access")                                                                                  \
    X(18, PARAMETERIZED_ACCESS, "parameterized-access")                                                      \
    X(19, GET, "get")                                                                                        \
    X(20, SET, "set")                                                                                        \
    X(21, SELECTIVE_ACCESS, "selective-access")                                                              \
    X(22, EVENT_NOTIFICATION, "event-notification")                                                          \
    X(23, ACTION, "action")

enum cosem_conformance {
#define X(bit, name, text) COSEM_CAN_##name = 0x800000 >> bit,
    COSEM_CONFORMANCE(X)
#undef X
};

typedef const char *cosem_text(unsigned number);

const char *cosem_form_text(enum cosem_form form); /* "get-request-normal" */
const char *cosem_event_layout_text(enum cosem_event_layout layout);
const char *cosem_access_result_text(unsigned result);
const char *cosem_action_result_text(unsigned result);
const char *cosem_context_text(unsigned context);
const char *cosem_mechanism_text(unsigned mechanism);
const char *cosem_association_result_text(unsigned result);
const char *cosem_user_diagnostic_text(unsigned diagnostic);
const char *cosem_provider_diagnostic_text(unsigned diagnostic);
const char *cosem_exception_state_text(unsigned state);
const char *cosem_exception_service_text(unsigned service);
const char *cosem_release_reason_text(unsigned reason);  /* of RLRQ */
const char *cosem_response_reason_text(unsigned reason); /* of RLRE */
const char *cosem_conformance_text(unsigned bit);        /* 0..23; NULL: reserved */
const char *cosem_class_text(unsigned class_id);         /* "Register" */
/* "scaler_unit", "remote_disconnect"; empty when there is none. */
struct wp_slice cosem_attribute_text(unsigned class_id, int attribute);
struct wp_slice cosem_method_text(unsigned class_id, int method);
const char *cosem_service_error_text(unsigned category, unsigned value);
const char *cosem_service_category_text(unsigned category); /* "initiate" */

/* The text of the number, else "unknown(N)". */
void cosem_put_name(struct wp_writer *w, cosem_text *text, unsigned number);

#endif
