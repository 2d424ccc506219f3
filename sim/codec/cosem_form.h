/* The kinds of APDU: by tag, and where a tag has several, by choice. */
#ifndef WP_COSEM_FORM_H
#define WP_COSEM_FORM_H

/* Tag, choice (0: the tag alone decides) and the name that the vectors use. */
#define COSEM_FORMS(X)                                                                                       \
    X(INITIATE_REQUEST, 0x01, 0, "initiate-request")                                                         \
    X(READ_REQUEST, 0x05, 0, "read-request")                                                                 \
    X(WRITE_REQUEST, 0x06, 0, "write-request")                                                               \
    X(INITIATE_RESPONSE, 0x08, 0, "initiate-response")                                                       \
    X(READ_RESPONSE, 0x0C, 0, "read-response")                                                               \
    X(WRITE_RESPONSE, 0x0D, 0, "write-response")                                                             \
    X(SERVICE_ERROR, 0x0E, 0, "confirmed-service-error")                                                     \
    X(NOTIFICATION, 0x0F, 0, "data-notification")                                                            \
    X(NOTIFICATION_CONFIRM, 0x10, 0, "data-notification-confirm")                                            \
    X(UNCONFIRMED_WRITE, 0x16, 0, "unconfirmed-write-request")                                               \
    X(INFORMATION_REPORT, 0x18, 0, "information-report-request")                                             \
    X(AARQ, 0x60, 0, "aarq")                                                                                 \
    X(AARE, 0x61, 0, "aare")                                                                                 \
    X(RLRQ, 0x62, 0, "rlrq")                                                                                 \
    X(RLRE, 0x63, 0, "rlre")                                                                                 \
    X(GET_REQUEST, 0xC0, 1, "get-request-normal")                                                            \
    X(GET_REQUEST_NEXT, 0xC0, 2, "get-request-next")                                                         \
    X(GET_REQUEST_LIST, 0xC0, 3, "get-request-with-list")                                                    \
    X(SET_REQUEST, 0xC1, 1, "set-request-normal")                                                            \
    X(SET_REQUEST_FIRST, 0xC1, 2, "set-request-with-first-datablock")                                        \
    X(SET_REQUEST_BLOCK, 0xC1, 3, "set-request-with-datablock")                                              \
    X(SET_REQUEST_LIST, 0xC1, 4, "set-request-with-list")                                                    \
    X(SET_REQUEST_LIST_FIRST, 0xC1, 5, "set-request-with-list-and-first-datablock")                          \
    X(EVENT, 0xC2, 0, "event-notification")                                                                  \
    X(ACTION_REQUEST, 0xC3, 1, "action-request-normal")                                                      \
    X(ACTION_REQUEST_NEXT, 0xC3, 2, "action-request-next-pblock")                                            \
    X(ACTION_REQUEST_LIST, 0xC3, 3, "action-request-with-list")                                              \
    X(ACTION_REQUEST_FIRST, 0xC3, 4, "action-request-with-first-pblock")                                     \
    X(ACTION_REQUEST_LIST_FIRST, 0xC3, 5, "action-request-with-list-and-first-pblock")                       \
    X(ACTION_REQUEST_BLOCK, 0xC3, 6, "action-request-with-pblock")                                           \
    X(GET_RESPONSE, 0xC4, 1, "get-response-normal")                                                          \
    X(GET_RESPONSE_BLOCK, 0xC4, 2, "get-response-with-datablock")                                            \
    X(GET_RESPONSE_LIST, 0xC4, 3, "get-response-with-list")                                                  \
    X(SET_RESPONSE, 0xC5, 1, "set-response-normal")                                                          \
    X(SET_RESPONSE_BLOCK, 0xC5, 2, "set-response-datablock")                                                 \
    X(SET_RESPONSE_LAST, 0xC5, 3, "set-response-last-datablock")                                             \
    X(SET_RESPONSE_LIST_LAST, 0xC5, 4, "set-response-last-datablock-with-list")                              \
    X(SET_RESPONSE_LIST, 0xC5, 5, "set-response-with-list")                                                  \
    X(ACTION_RESPONSE, 0xC7, 1, "action-response-normal")                                                    \
    X(ACTION_RESPONSE_BLOCK, 0xC7, 2, "action-response-with-pblock")                                         \
    X(ACTION_RESPONSE_LIST, 0xC7, 3, "action-response-with-list")                                            \
    X(ACTION_RESPONSE_NEXT, 0xC7, 4, "action-response-next-pblock")                                          \
    X(EXCEPTION, 0xD8, 0, "exception-response")                                                              \
    X(ACCESS_REQUEST, 0xD9, 0, "access-request")                                                             \
    X(ACCESS_RESPONSE, 0xDA, 0, "access-response")                                                           \
    X(GENERAL_GLO, 0xDB, 0, "general-glo-ciphering")                                                         \
    X(GENERAL_DED, 0xDC, 0, "general-ded-ciphering")                                                         \
    X(GENERAL_CIPHERING, 0xDD, 0, "general-ciphering")                                                       \
    X(GENERAL_SIGNING, 0xDF, 0, "general-signing")                                                           \
    X(BLOCK_TRANSFER, 0xE0, 0, "general-block-transfer")                                                     \
    X(GATEWAY_REQUEST, 0xE6, 0, "gateway-request")                                                           \
    X(GATEWAY_RESPONSE, 0xE7, 0, "gateway-response")                                                         \
    X(GLO, 0, 0, "glo") /* tags C8..CF without CE, 21..38: as `tag` says */                                  \
    X(DED, 0, 1, "ded") /* tags D0..D7 without D6, 41..58 */

enum cosem_form {
#define X(name, tag, choice, text) COSEM_##name,
    COSEM_FORMS(X)
#undef X
};

#endif
