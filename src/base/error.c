/* SPDX-License-Identifier: Apache-2.0 */
/* The table behind bulla/error.h: one row a cause, in the enumeration's order. */
#include <bulla/error.h>

static const bulla_cause_info causes[BULLA_NUM_CAUSES] = {
    [BULLA_CAUSE_INVALID] = {"invalid", BULLA_ALERT_INTERNAL_ERROR, "", "no cause was set",
                             "report this with the steps that lead to it"},
    [BULLA_OK] = {"ok", BULLA_ALERT_NONE, "", "nothing failed", "nothing to do"},

    /* Ourselves: memory, use of the API, libcrypto. */
    [BULLA_E_OUT_OF_MEMORY] = {"out_of_memory", BULLA_ALERT_INTERNAL_ERROR, "",
                               "there is not enough memory",
                               "free memory or raise the process's limit, then try again"},
    [BULLA_E_API_MISUSE] =
        {"api_misuse", BULLA_ALERT_INTERNAL_ERROR, "",
         "a library function was called in a state or with a value that its header excludes",
         "read that function's comment in include/bulla"},
    [BULLA_E_CRYPTO_FAILED] =
        {"crypto_failed", BULLA_ALERT_INTERNAL_ERROR, "",
         "libcrypto could not do an operation that it always can",
         "check that libcrypto is whole and of a supported version (3.0 or later)"},
    [BULLA_E_RANDOM_FAILED] =
        {"random_failed", BULLA_ALERT_INTERNAL_ERROR, "", "the source of randomness gave no bytes",
         "check the random source given to the config; the system's must be readable"},
    [BULLA_E_BUFFER_TOO_SMALL] = {"buffer_too_small", BULLA_ALERT_INTERNAL_ERROR, "",
                                  "the output buffer has no room",
                                  "give a larger buffer; the function's comment states how large"},
    [BULLA_E_INTERNAL] = {"internal", BULLA_ALERT_INTERNAL_ERROR, "",
                          "the library reached a state that it holds to be impossible",
                          "report this with the steps that lead to it"},

    /* Records, RFC 8446 section 5. */
    [BULLA_E_RECORD_TYPE_UNKNOWN] = {"record_type_unknown", BULLA_ALERT_UNEXPECTED_MESSAGE,
                                     "RFC 8446 5.1",
                                     "the peer sent a record of a type that TLS does not have",
                                     "check that the peer speaks TLS on this port"},
    [BULLA_E_RECORD_VERSION_INVALID] =
        {"record_version_invalid", BULLA_ALERT_PROTOCOL_VERSION, "RFC 8446 5.1",
         "a record's legacy version is not one that TLS 1.2 or 1.3 writes",
         "check that the peer speaks TLS 1.2 or later on this port"},
    [BULLA_E_RECORD_TOO_LONG] = {"record_too_long", BULLA_ALERT_RECORD_OVERFLOW, "RFC 8446 5.2",
                                 "the peer sent a record longer than the limit",
                                 "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_RECORD_EMPTY] = {"record_empty", BULLA_ALERT_UNEXPECTED_MESSAGE, "RFC 8446 5.1",
                              "the peer sent an empty record where that is not allowed",
                              "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_RECORD_FLOOD_EMPTY] = {"record_flood_empty", BULLA_ALERT_UNEXPECTED_MESSAGE,
                                    "RFC 8446 5.1", "the peer sent too many empty records in a row",
                                    "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_RECORD_DECRYPT_FAILED] =
        {"record_decrypt_failed", BULLA_ALERT_BAD_RECORD_MAC, "RFC 8446 5.2",
         "a record failed authentication: it was altered, or sealed under another key",
         "look for a middlebox that alters traffic, or a peer that lost its state"},
    [BULLA_E_RECORD_NO_CONTENT_TYPE] =
        {"record_no_content_type", BULLA_ALERT_UNEXPECTED_MESSAGE, "RFC 8446 5.4",
         "a decrypted record holds padding alone, without a content type",
         "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_RECORD_NOT_PROTECTED] = {"record_not_protected", BULLA_ALERT_UNEXPECTED_MESSAGE,
                                      "RFC 8446 5",
                                      "a plaintext record came where only protected ones may",
                                      "look for a middlebox that writes into the connection"},
    [BULLA_E_RECORD_SEQUENCE_EXHAUSTED] = {"record_sequence_exhausted", BULLA_ALERT_INTERNAL_ERROR,
                                           "RFC 8446 5.5",
                                           "a key protected as many records as its limit allows",
                                           "open a new connection"},
    [BULLA_E_CHANGE_CIPHER_SPEC_INVALID] =
        {"change_cipher_spec_invalid", BULLA_ALERT_UNEXPECTED_MESSAGE, "RFC 8446 5",
         "a change_cipher_spec record is malformed or came at a wrong time",
         "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_PEER_SPEAKS_HTTP] = {"peer_speaks_http", BULLA_ALERT_UNEXPECTED_MESSAGE,
                                  "RFC 8446 5.1", "the peer speaks plain HTTP, not TLS",
                                  "use https:// and the TLS port, or turn TLS on at the peer"},
    [BULLA_E_PEER_SPEAKS_SSH] = {"peer_speaks_ssh", BULLA_ALERT_UNEXPECTED_MESSAGE, "RFC 8446 5.1",
                                 "the peer speaks SSH, not TLS", "check the port number"},
    [BULLA_E_PEER_SPEAKS_SMTP] =
        {"peer_speaks_smtp", BULLA_ALERT_UNEXPECTED_MESSAGE, "RFC 8446 5.1",
         "the peer greets in plain text as mail and FTP servers do, not in TLS",
         "use the port with implicit TLS, or STARTTLS"},
    [BULLA_E_PEER_SPEAKS_SSL2] = {"peer_speaks_ssl2", BULLA_ALERT_PROTOCOL_VERSION,
                                  "RFC 8446 4.1.2", "the peer opened with an SSL 2.0 ClientHello",
                                  "make the peer use TLS 1.2 or later"},
    [BULLA_E_PEER_NOT_TLS] = {"peer_not_tls", BULLA_ALERT_UNEXPECTED_MESSAGE, "RFC 8446 5.1",
                              "the peer's first bytes are not TLS",
                              "check host and port; the peer may want STARTTLS or plain text"},

    /* Messages and their order, RFC 8446 section 4. */
    [BULLA_E_MESSAGE_UNEXPECTED] =
        {"message_unexpected", BULLA_ALERT_UNEXPECTED_MESSAGE, "RFC 8446 4",
         "the peer sent a handshake message that may not come in this state",
         "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_MESSAGE_TOO_LONG] = {"message_too_long", BULLA_ALERT_ILLEGAL_PARAMETER, "RFC 8446 4",
                                  "a handshake message is longer than the limit for its kind",
                                  "shorten the peer's certificate chain or extensions"},
    [BULLA_E_MESSAGE_MALFORMED] =
        {"message_malformed", BULLA_ALERT_DECODE_ERROR, "RFC 8446 6.2",
         "a handshake message could not be parsed: a length or field is wrong",
         "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_MESSAGE_TRAILING_BYTES] = {"message_trailing_bytes", BULLA_ALERT_DECODE_ERROR,
                                        "RFC 8446 6.2",
                                        "a handshake message has bytes after its end",
                                        "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_MESSAGE_ACROSS_KEY_CHANGE] =
        {"message_across_key_change", BULLA_ALERT_UNEXPECTED_MESSAGE, "RFC 8446 5.1",
         "handshake bytes follow a message that changes keys, in the same record",
         "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_MESSAGE_INTERLEAVED] =
        {"message_interleaved", BULLA_ALERT_UNEXPECTED_MESSAGE, "RFC 8446 5.1",
         "another record type stands in the middle of a handshake message",
         "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_EXTENSION_DUPLICATE] = {"extension_duplicate", BULLA_ALERT_ILLEGAL_PARAMETER,
                                     "RFC 8446 4.2", "an extension stands twice in one message",
                                     "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_EXTENSION_MISPLACED] = {"extension_misplaced", BULLA_ALERT_ILLEGAL_PARAMETER,
                                     "RFC 8446 4.2",
                                     "an extension stands in a message where it may not",
                                     "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_EXTENSION_UNSOLICITED] = {"extension_unsolicited", BULLA_ALERT_UNSUPPORTED_EXTENSION,
                                       "RFC 8446 4.2",
                                       "the peer answered with an extension that was not offered",
                                       "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_EXTENSION_MISSING] = {"extension_missing", BULLA_ALERT_MISSING_EXTENSION,
                                   "RFC 8446 9.2", "an extension that TLS 1.3 requires is missing",
                                   "update the peer's TLS library"},
    [BULLA_E_EXTENSION_MALFORMED] = {"extension_malformed", BULLA_ALERT_DECODE_ERROR,
                                     "RFC 8446 4.2", "an extension could not be parsed",
                                     "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_EXTENSION_VALUE_ILLEGAL] = {"extension_value_illegal", BULLA_ALERT_ILLEGAL_PARAMETER,
                                         "RFC 8446 6.2",
                                         "an extension holds a value that is not allowed",
                                         "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_PRE_SHARED_KEY_NOT_LAST] = {"pre_shared_key_not_last", BULLA_ALERT_ILLEGAL_PARAMETER,
                                         "RFC 8446 4.2.11",
                                         "pre_shared_key is not the ClientHello's last extension",
                                         "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_TOO_MANY_EXTENSIONS] = {"too_many_extensions", BULLA_ALERT_DECODE_ERROR,
                                     "RFC 8446 4.2",
                                     "a message holds more extensions than the limit",
                                     "the peer is faulty or hostile; nothing to change here"},

    /* Negotiation. */
    [BULLA_E_VERSION_UNSUPPORTED] =
        {"version_unsupported", BULLA_ALERT_PROTOCOL_VERSION, "RFC 8446 4.2.1",
         "the two sides have no protocol version in common",
         "make the peer offer TLS 1.3, or TLS 1.2 where that is enabled here"},
    [BULLA_E_VERSION_NOT_OFFERED] = {"version_not_offered", BULLA_ALERT_ILLEGAL_PARAMETER,
                                     "RFC 8446 4.2.1",
                                     "the server chose a protocol version that was not offered",
                                     "the server is faulty or hostile; nothing to change here"},
    [BULLA_E_NO_COMMON_SUITE] = {"no_common_suite", BULLA_ALERT_HANDSHAKE_FAILURE, "RFC 8446 4.1.1",
                                 "the two sides have no cipher suite in common",
                                 "enable an AEAD suite (TLS_AES_128_GCM_SHA256) at the peer"},
    [BULLA_E_NO_COMMON_GROUP] = {"no_common_group", BULLA_ALERT_HANDSHAKE_FAILURE, "RFC 8446 4.1.1",
                                 "the two sides have no key-exchange group in common",
                                 "enable X25519 or P-256 at the peer"},
    [BULLA_E_NO_COMMON_SIGNATURE_SCHEME] =
        {"no_common_signature_scheme", BULLA_ALERT_HANDSHAKE_FAILURE, "RFC 8446 4.2.3",
         "no certificate here can sign with a scheme that the peer accepts",
         "add a certificate whose key type the peer supports (ECDSA P-256 or RSA-2048)"},
    [BULLA_E_NO_COMMON_ALPN] = {"no_common_alpn", BULLA_ALERT_NO_APPLICATION_PROTOCOL,
                                "RFC 7301 3.2",
                                "the two sides have no application protocol in common",
                                "offer a protocol that the server names, such as http/1.1"},
    [BULLA_E_NO_CREDENTIAL] = {"no_credential", BULLA_ALERT_INTERNAL_ERROR, "RFC 8446 4.4.2",
                               "the server has no certificate to show",
                               "give the server a certificate and its key"},
    [BULLA_E_SERVER_NAME_UNKNOWN] =
        {"server_name_unknown", BULLA_ALERT_UNRECOGNIZED_NAME, "RFC 6066 3",
         "the server has no certificate for the name that the client asked for",
         "add a certificate for that name, or a default one"},
    [BULLA_E_SERVER_NAME_INVALID] = {"server_name_invalid", BULLA_ALERT_ILLEGAL_PARAMETER,
                                     "RFC 6066 3", "the server name is not a DNS host name",
                                     "give a host name without a port or scheme"},
    [BULLA_E_SUITE_NOT_OFFERED] = {"suite_not_offered", BULLA_ALERT_ILLEGAL_PARAMETER,
                                   "RFC 8446 4.1.3",
                                   "the server chose a cipher suite that was not offered",
                                   "the server is faulty or hostile; nothing to change here"},
    [BULLA_E_GROUP_NOT_OFFERED] = {"group_not_offered", BULLA_ALERT_ILLEGAL_PARAMETER,
                                   "RFC 8446 4.2.8",
                                   "the peer chose a key-exchange group that was not offered",
                                   "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_KEY_SHARE_INVALID] = {"key_share_invalid", BULLA_ALERT_ILLEGAL_PARAMETER,
                                   "RFC 8446 4.2.8.2",
                                   "the peer's key share is not a valid public key of its group",
                                   "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_COMPRESSION_ILLEGAL] = {"compression_illegal", BULLA_ALERT_ILLEGAL_PARAMETER,
                                     "RFC 8446 4.1.2",
                                     "a hello names a compression method other than null",
                                     "turn TLS compression off at the peer"},
    [BULLA_E_SESSION_ID_MISMATCH] = {"session_id_mismatch", BULLA_ALERT_ILLEGAL_PARAMETER,
                                     "RFC 8446 4.1.3",
                                     "the server did not echo the client's legacy_session_id",
                                     "the server is faulty, or a middlebox answers for it"},
    [BULLA_E_HELLO_VERSION_ILLEGAL] = {"hello_version_illegal", BULLA_ALERT_ILLEGAL_PARAMETER,
                                       "RFC 8446 4.1.3",
                                       "a hello's legacy_version is not the fixed value",
                                       "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_HELLO_RETRY_AGAIN] = {"hello_retry_again", BULLA_ALERT_UNEXPECTED_MESSAGE,
                                   "RFC 8446 4.1.4",
                                   "the server asked a second time for another ClientHello",
                                   "the server is faulty or hostile; nothing to change here"},
    [BULLA_E_HELLO_RETRY_POINTLESS] =
        {"hello_retry_pointless", BULLA_ALERT_ILLEGAL_PARAMETER, "RFC 8446 4.1.4",
         "the server asked for another ClientHello that would be no different",
         "the server is faulty or hostile; nothing to change here"},
    [BULLA_E_HELLO_RETRY_CHANGED] = {"hello_retry_changed", BULLA_ALERT_ILLEGAL_PARAMETER,
                                     "RFC 8446 4.1.2",
                                     "the second hello does not agree with the first",
                                     "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_DOWNGRADE_DETECTED] =
        {"downgrade_detected", BULLA_ALERT_ILLEGAL_PARAMETER, "RFC 8446 4.1.3",
         "the server's random says that it speaks a higher version than was negotiated: somebody "
         "lowered it",
         "look for a middlebox between the two; do not lower the version by hand"},

    /* Authentication. */
    [BULLA_E_CERTIFICATE_REQUIRED] =
        {"certificate_required", BULLA_ALERT_CERTIFICATE_REQUIRED, "RFC 8446 4.4.2.4",
         "the server requires a client certificate and the client sent none",
         "give the client a certificate and key (--cert, --key)"},
    [BULLA_E_CERTIFICATE_LIST_EMPTY] = {"certificate_list_empty", BULLA_ALERT_DECODE_ERROR,
                                        "RFC 8446 4.4.2.4",
                                        "the server sent an empty certificate list",
                                        "the server is faulty; configure its certificate"},
    [BULLA_E_CERTIFICATE_LIST_TOO_LONG] =
        {"certificate_list_too_long", BULLA_ALERT_BAD_CERTIFICATE, "RFC 8446 4.4.2",
         "the peer sent more certificates than the limit",
         "shorten the peer's chain: leaf and intermediates, without the root"},
    [BULLA_E_CERTIFICATE_CONTEXT_ILLEGAL] =
        {"certificate_context_illegal", BULLA_ALERT_ILLEGAL_PARAMETER, "RFC 8446 4.4.2",
         "certificate_request_context is not the expected value",
         "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_SIGNATURE_SCHEME_ILLEGAL] =
        {"signature_scheme_illegal", BULLA_ALERT_ILLEGAL_PARAMETER, "RFC 8446 4.4.3",
         "the peer signed with a scheme that was not offered or that does not fit its key",
         "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_SIGNATURE_INVALID] =
        {"signature_invalid", BULLA_ALERT_DECRYPT_ERROR, "RFC 8446 4.4.3",
         "the peer's handshake signature is wrong: it does not hold the certificate's private key",
         "check that the peer's key belongs to its certificate"},
    [BULLA_E_FINISHED_INVALID] =
        {"finished_invalid", BULLA_ALERT_DECRYPT_ERROR, "RFC 8446 4.4.4",
         "the peer's Finished does not match: the two sides saw different handshakes",
         "look for a middlebox that alters traffic"},
    [BULLA_E_SIGNING_FAILED] = {"signing_failed", BULLA_ALERT_INTERNAL_ERROR, "RFC 8446 4.4.3",
                                "the private key could not sign",
                                "check that the key is usable and belongs to the certificate"},
    [BULLA_E_CHAIN_REFUSED] = {"chain_refused", BULLA_ALERT_CERTIFICATE_UNKNOWN, "RFC 8446 6.2",
                               "the application refused the peer's certificate",
                               "ask the application's operator which identities it accepts"},

    /* After the handshake, and the end. */
    [BULLA_E_KEY_UPDATE_FLOOD] = {"key_update_flood", BULLA_ALERT_UNEXPECTED_MESSAGE,
                                  "RFC 8446 4.6.3",
                                  "the peer sent too many KeyUpdates without data between them",
                                  "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_KEY_UPDATE_ILLEGAL] = {"key_update_illegal", BULLA_ALERT_ILLEGAL_PARAMETER,
                                    "RFC 8446 4.6.3",
                                    "a KeyUpdate asks for neither of the two things it may ask for",
                                    "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_POST_HANDSHAKE_FLOOD] =
        {"post_handshake_flood", BULLA_ALERT_UNEXPECTED_MESSAGE, "RFC 8446 4.6",
         "the peer sent too many handshake messages without data between them",
         "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_ALERT_RECEIVED] =
        {"alert_received", BULLA_ALERT_NONE, "RFC 8446 6.2",
         "the peer ended the connection with an alert",
         "the alert's name says what the peer objects to; see the peer's log"},
    [BULLA_E_ALERT_MALFORMED] = {"alert_malformed", BULLA_ALERT_DECODE_ERROR, "RFC 8446 6",
                                 "an alert record is malformed",
                                 "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_ALERT_FLOOD] = {"alert_flood", BULLA_ALERT_UNEXPECTED_MESSAGE, "RFC 8446 6",
                             "the peer sent too many warning alerts in a row",
                             "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_TRUNCATED] =
        {"truncated", BULLA_ALERT_NONE, "RFC 8446 6.1",
         "the peer closed the connection without close_notify: the data may be cut short",
         "do not trust the end of the data; see the peer's log"},
    [BULLA_E_CLOSED_BEFORE_HANDSHAKE] =
        {"closed_before_handshake", BULLA_ALERT_NONE, "RFC 8446 6.1",
         "the connection was closed before the handshake was done",
         "see the peer's log; it may want another name, certificate or version"},

    /* DER, PEM and private keys. */
    [BULLA_E_DER_MALFORMED] =
        {"der_malformed", BULLA_ALERT_DECODE_ERROR, "X.690 10",
         "the DER encoding is wrong: a tag, length or value is not as it must be",
         "make the file again; it is damaged or not DER"},
    [BULLA_E_DER_TRAILING_BYTES] =
        {"der_trailing_bytes", BULLA_ALERT_DECODE_ERROR, "X.690 10",
         "bytes follow the end of the DER value",
         "make the file again; it is damaged or holds more than one object"},
    [BULLA_E_DER_TIME_INVALID] = {"der_time_invalid", BULLA_ALERT_BAD_CERTIFICATE,
                                  "RFC 5280 4.1.2.5", "a date is not written as RFC 5280 says",
                                  "have the certificate issued again"},
    [BULLA_E_PEM_NOT_FOUND] = {"pem_not_found", BULLA_ALERT_NONE, "RFC 7468 2",
                               "the file has no PEM block of the kind that is wanted",
                               "give a file with a '-----BEGIN ...-----' block of that kind"},
    [BULLA_E_PEM_MALFORMED] = {"pem_malformed", BULLA_ALERT_NONE, "RFC 7468 3",
                               "a PEM block is damaged: its base64 or its END line is wrong",
                               "copy the file again, whole"},
    [BULLA_E_KEY_MALFORMED] = {"key_malformed", BULLA_ALERT_NONE, "RFC 5958 2",
                               "the private key could not be parsed",
                               "make the key again, or convert it: openssl pkcs8 -topk8 -nodes"},
    [BULLA_E_KEY_UNSUPPORTED] = {"key_unsupported", BULLA_ALERT_UNSUPPORTED_CERTIFICATE,
                                 "RFC 8446 4.2.3", "the key's algorithm or curve is not supported",
                                 "use ECDSA P-256 or P-384, RSA of 2048 bits or more, or Ed25519"},
    [BULLA_E_KEY_ENCRYPTED] =
        {"key_encrypted", BULLA_ALERT_NONE, "RFC 5958 3",
         "the private key is encrypted and no password was given",
         "give the password, or decrypt the file: openssl pkcs8 -in KEY -out NEW"},
    [BULLA_E_KEY_PASSWORD_WRONG] = {"key_password_wrong", BULLA_ALERT_NONE, "RFC 8018 6.2",
                                    "the private key's password is wrong",
                                    "give the right password"},
    [BULLA_E_KEY_ENCRYPTION_UNSUPPORTED] =
        {"key_encryption_unsupported", BULLA_ALERT_NONE, "RFC 8018 6.2",
         "the private key is encrypted in a way that is not supported",
         "encrypt it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc"},
    [BULLA_E_KEY_MISMATCH] = {"key_mismatch", BULLA_ALERT_NONE, "RFC 8446 4.4.3",
                              "the private key does not belong to the certificate",
                              "give the key that the certificate was requested with"},
    [BULLA_E_KEY_TOO_WEAK] = {"key_too_weak", BULLA_ALERT_NONE, "RFC 8446 4.2.3",
                              "the private key is too weak",
                              "use ECDSA P-256, or RSA of 2048 bits or more"},

    /* Certificates and chains, RFC 5280. From the least to the most specific within a chain; see
       report.h. */
    [BULLA_E_CERT_MALFORMED] =
        {"cert_malformed", BULLA_ALERT_BAD_CERTIFICATE, "RFC 5280 4.1",
         "the certificate could not be parsed",
         "have the certificate issued again by software that follows RFC 5280"},
    [BULLA_E_CERT_VERSION_UNSUPPORTED] = {"cert_version_unsupported", BULLA_ALERT_BAD_CERTIFICATE,
                                          "RFC 5280 4.1.2.1",
                                          "the certificate is not X.509 version 3",
                                          "have the certificate issued again as version 3"},
    [BULLA_E_CERT_EXTENSION_DUPLICATE] = {"cert_extension_duplicate", BULLA_ALERT_BAD_CERTIFICATE,
                                          "RFC 5280 4.2",
                                          "an extension stands twice in the certificate",
                                          "have the certificate issued again"},
    [BULLA_E_CERT_EXTENSION_MALFORMED] = {"cert_extension_malformed", BULLA_ALERT_BAD_CERTIFICATE,
                                          "RFC 5280 4.2",
                                          "an extension of the certificate could not be parsed",
                                          "have the certificate issued again"},
    [BULLA_E_CERT_CRITICAL_EXTENSION_UNKNOWN] =
        {"cert_critical_extension_unknown", BULLA_ALERT_UNSUPPORTED_CERTIFICATE, "RFC 5280 4.2",
         "the certificate has a critical extension that is not understood",
         "have the certificate issued again without that extension"},
    [BULLA_E_CERT_SIGNATURE_ALGORITHM_MISMATCH] =
        {"cert_signature_algorithm_mismatch", BULLA_ALERT_BAD_CERTIFICATE, "RFC 5280 4.1.1.2",
         "the certificate names two different signature algorithms",
         "have the certificate issued again"},
    [BULLA_E_CERT_SIGNATURE_ALGORITHM_UNSUPPORTED] =
        {"cert_signature_algorithm_unsupported", BULLA_ALERT_BAD_CERTIFICATE, "RFC 8446 4.4.2.4",
         "the certificate's signature algorithm is not supported (or too weak, as MD5 and SHA-1 "
         "are)",
         "have the certificate issued again with SHA-256 or better"},
    [BULLA_E_CERT_KEY_UNSUPPORTED] =
        {"cert_key_unsupported", BULLA_ALERT_UNSUPPORTED_CERTIFICATE, "RFC 5280 4.1.2.7",
         "the certificate's public key is of a kind that is not supported",
         "have a certificate issued for an ECDSA P-256 or P-384, RSA or Ed25519 key"},
    [BULLA_E_CERT_KEY_TOO_WEAK] =
        {"cert_key_too_weak", BULLA_ALERT_BAD_CERTIFICATE, "RFC 8446 4.2.3",
         "the certificate's public key is too weak",
         "have a certificate issued for ECDSA P-256 or RSA of 2048 bits or more"},
    [BULLA_E_CERT_UNKNOWN_ISSUER] =
        {"cert_unknown_issuer", BULLA_ALERT_UNKNOWN_CA, "RFC 5280 6.1",
         "no path leads from the certificate to a trusted root: the issuer is not known here",
         "trust the issuing CA's root (--cacert), or make the peer send the missing intermediate"},
    [BULLA_E_CERT_SELF_SIGNED] =
        {"cert_self_signed", BULLA_ALERT_UNKNOWN_CA, "RFC 5280 6.1",
         "the certificate is self-signed and not trusted here",
         "have a CA issue it, or trust exactly this certificate (--cacert)"},
    [BULLA_E_CERT_ROOT_UNTRUSTED] =
        {"cert_root_untrusted", BULLA_ALERT_UNKNOWN_CA, "RFC 5280 6.1",
         "the chain ends in a self-signed root that is not trusted here",
         "if you know that root, trust it (--cacert); else do not connect"},
    [BULLA_E_CERT_BUDGET_EXCEEDED] =
        {"cert_budget_exceeded", BULLA_ALERT_BAD_CERTIFICATE, "RFC 5280 6.1",
         "checking the chain would cost more work than the limit allows",
         "shorten the chain; remove certificates that are not needed"},
    [BULLA_E_CERT_CHAIN_TOO_LONG] = {"cert_chain_too_long", BULLA_ALERT_BAD_CERTIFICATE,
                                     "RFC 5280 6.1",
                                     "every path to a root is longer than the limit",
                                     "shorten the chain"},
    [BULLA_E_CERT_SIGNATURE_INVALID] = {"cert_signature_invalid", BULLA_ALERT_BAD_CERTIFICATE,
                                        "RFC 5280 6.1.3 (a)(1)",
                                        "the issuer's signature on the certificate is wrong",
                                        "make the peer send the chain that its CA issued; a CA key "
                                        "of the same name may have been replaced"},
    [BULLA_E_CERT_NOT_YET_VALID] =
        {"cert_not_yet_valid", BULLA_ALERT_BAD_CERTIFICATE, "RFC 5280 6.1.3 (a)(2)",
         "the certificate is not valid yet",
         "check the clock of this machine, then the certificate's notBefore"},
    [BULLA_E_CERT_EXPIRED] = {"cert_expired", BULLA_ALERT_CERTIFICATE_EXPIRED,
                              "RFC 5280 6.1.3 (a)(2)", "the certificate has expired",
                              "renew the certificate, then reload the server that shows it"},
    [BULLA_E_CERT_CA_FLAG_MISSING] =
        {"cert_ca_flag_missing", BULLA_ALERT_BAD_CERTIFICATE, "RFC 5280 6.1.4 (k)",
         "a certificate issued another one without being a CA",
         "have the chain issued by a CA certificate (basicConstraints CA:TRUE)"},
    [BULLA_E_CERT_KEY_USAGE_NO_CERT_SIGN] =
        {"cert_key_usage_no_cert_sign", BULLA_ALERT_BAD_CERTIFICATE, "RFC 5280 6.1.4 (n)",
         "a CA certificate's key usage does not allow signing certificates",
         "have the CA certificate issued again with keyCertSign"},
    [BULLA_E_CERT_PATH_LENGTH_EXCEEDED] =
        {"cert_path_length_exceeded", BULLA_ALERT_BAD_CERTIFICATE, "RFC 5280 6.1.4 (l)",
         "more intermediates stand below a CA than its pathLenConstraint allows",
         "issue from a CA whose path length allows it"},
    [BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED] =
        {"cert_name_constraint_violated", BULLA_ALERT_BAD_CERTIFICATE, "RFC 5280 6.1.3 (b)",
         "a name of the certificate lies outside what one of its CAs may issue for",
         "have it issued by a CA that may issue for this name"},
    [BULLA_E_CERT_KEY_USAGE_NO_SIGNATURE] =
        {"cert_key_usage_no_signature", BULLA_ALERT_UNSUPPORTED_CERTIFICATE, "RFC 8446 4.4.2.2",
         "the certificate's key usage does not allow digital signatures",
         "have the certificate issued again with digitalSignature"},
    [BULLA_E_CERT_PURPOSE_NOT_SERVER] = {"cert_purpose_not_server",
                                         BULLA_ALERT_UNSUPPORTED_CERTIFICATE, "RFC 5280 4.2.1.12",
                                         "the certificate's extended key usage lacks serverAuth",
                                         "have the certificate issued again with serverAuth"},
    [BULLA_E_CERT_PURPOSE_NOT_CLIENT] = {"cert_purpose_not_client",
                                         BULLA_ALERT_UNSUPPORTED_CERTIFICATE, "RFC 5280 4.2.1.12",
                                         "the certificate's extended key usage lacks clientAuth",
                                         "have the certificate issued with clientAuth; public CAs "
                                         "stopped doing so in 2026, a private CA does"},
    [BULLA_E_CERT_IS_CA] = {"cert_is_ca", BULLA_ALERT_BAD_CERTIFICATE, "RFC 5280 4.2.1.9",
                            "a CA certificate is used as a server's or client's own",
                            "have an end-entity certificate issued"},
    [BULLA_E_CERT_NO_SUBJECT_ALT_NAME] =
        {"cert_no_subject_alt_name", BULLA_ALERT_BAD_CERTIFICATE, "RFC 9525 6.3",
         "the certificate has no subjectAltName of the kind looked for; its CN is not used",
         "have it issued again with the name in the subjectAltName"},
    [BULLA_E_CERT_NAME_MISMATCH] =
        {"cert_name_mismatch", BULLA_ALERT_BAD_CERTIFICATE, "RFC 9525 6",
         "the certificate is not for the name that was looked for",
         "connect by a name that the certificate carries, or have one issued for this name"},
    [BULLA_E_CERT_REFERENCE_NAME_INVALID] =
        {"cert_reference_name_invalid", BULLA_ALERT_ILLEGAL_PARAMETER, "RFC 9525 6.2",
         "the name to look for is not a valid DNS name, IP address or URI",
         "give a host name, IP address or URI"},

    /* Revocation, profiles and pins. */
    [BULLA_E_CERT_REVOKED] = {"cert_revoked", BULLA_ALERT_CERTIFICATE_REVOKED, "RFC 5280 6.3",
                              "the certificate has been revoked by its CA",
                              "have a new certificate issued for a new key"},
    [BULLA_E_CERT_REVOCATION_UNKNOWN] =
        {"cert_revocation_unknown", BULLA_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "RFC 5280 6.3",
         "whether the certificate is revoked is not known",
         "give a fresh CRL, or make the server staple a fresh OCSP response"},
    [BULLA_E_CERT_STAPLE_MISSING] =
        {"cert_staple_missing", BULLA_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "RFC 7633 4",
         "the certificate promises a stapled OCSP response and none came",
         "turn OCSP stapling on at the server"},
    [BULLA_E_CRL_MALFORMED] = {"crl_malformed", BULLA_ALERT_NONE, "RFC 5280 5.1",
                               "the CRL could not be parsed", "fetch the CRL again"},
    [BULLA_E_CRL_UNSUPPORTED] = {"crl_unsupported", BULLA_ALERT_NONE, "RFC 5280 5.2",
                                 "the CRL is of a kind that is not supported (indirect, delta, or "
                                 "with an unknown critical extension)",
                                 "use the CA's full, direct CRL"},
    [BULLA_E_CRL_SIGNATURE_INVALID] = {"crl_signature_invalid",
                                       BULLA_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE,
                                       "RFC 5280 6.3.3 (g)",
                                       "the CRL's signature is not its issuer's",
                                       "fetch the CRL again from its issuer"},
    [BULLA_E_CRL_STALE] = {"crl_stale", BULLA_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE,
                           "RFC 5280 6.3.3 (a)", "the CRL's nextUpdate has passed",
                           "fetch the CRL again; the CA must sign it anew"},
    [BULLA_E_CRL_NOT_YET_VALID] = {"crl_not_yet_valid", BULLA_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE,
                                   "RFC 5280 5.1.2.4", "the CRL's thisUpdate lies in the future",
                                   "check the clock of this machine"},
    [BULLA_E_OCSP_MALFORMED] = {"ocsp_malformed", BULLA_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE,
                                "RFC 6960 4.2", "the OCSP response could not be parsed",
                                "fetch the response again"},
    [BULLA_E_OCSP_NOT_SUCCESSFUL] = {"ocsp_not_successful",
                                     BULLA_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "RFC 6960 4.2.1",
                                     "the OCSP responder did not answer the question",
                                     "ask again later, or ask the CA's operator"},
    [BULLA_E_OCSP_SIGNATURE_INVALID] =
        {"ocsp_signature_invalid", BULLA_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "RFC 6960 3.2",
         "the OCSP response is not signed by the certificate's CA or by a responder that it named",
         "check the responder's certificate: id-kp-OCSPSigning, issued by the same CA"},
    [BULLA_E_OCSP_OTHER_CERTIFICATE] =
        {"ocsp_other_certificate", BULLA_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "RFC 6960 3.2",
         "the OCSP response is about another certificate",
         "make the server staple the response for the certificate that it shows"},
    [BULLA_E_OCSP_STALE] =
        {"ocsp_stale", BULLA_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "RFC 6960 3.2",
         "the OCSP response's nextUpdate has passed",
         "make the server fetch a new response; check the clock of this machine"},
    [BULLA_E_OCSP_NOT_YET_VALID] = {"ocsp_not_yet_valid",
                                    BULLA_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "RFC 6960 3.2",
                                    "the OCSP response's thisUpdate lies in the future",
                                    "check the clock of this machine"},
    [BULLA_E_OCSP_NONCE_MISMATCH] = {"ocsp_nonce_mismatch",
                                     BULLA_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "RFC 9654",
                                     "the OCSP response's nonce is not the one that was asked with",
                                     "ask again; somebody may be replaying an old response"},
    [BULLA_E_CERT_POLICY_VIOLATED] =
        {"cert_policy_violated", BULLA_ALERT_BAD_CERTIFICATE, "RFC 5280 6.1.5 (g)",
         "the path has no certificate policy that satisfies what it demands of itself",
         "have the chain issued with matching policies"},
    [BULLA_E_CERT_PROFILE_VIOLATED] = {"cert_profile_violated", BULLA_ALERT_BAD_CERTIFICATE,
                                       "CA/B Forum BR 7.1",
                                       "the certificate breaks a rule for public TLS certificates",
                                       "have it issued again by a CA that follows the Baseline "
                                       "Requirements, or judge it by the private profile"},
    [BULLA_E_CERT_DISTRUSTED] =
        {"cert_distrusted", BULLA_ALERT_UNKNOWN_CA, "RFC 5280 6.1",
         "the trust store distrusts this CA for certificates issued after a certain date",
         "have the certificate issued by another CA"},
    [BULLA_E_CERT_SPIFFE_ID_INVALID] =
        {"cert_spiffe_id_invalid", BULLA_ALERT_BAD_CERTIFICATE, "SPIFFE X509-SVID 5",
         "the certificate is not a valid X509-SVID",
         "have the SVID issued again with exactly one URI SAN that is a SPIFFE ID with a path"},
    [BULLA_E_PIN_MALFORMED] = {"pin_malformed", BULLA_ALERT_NONE, "RFC 7469 2.4",
                               "the pin is not a SHA-256 in one of the spellings in use",
                               "write it as sha256/BASE64, as bulla pin prints it"},
    [BULLA_E_PINS_TOO_FEW] =
        {"pins_too_few", BULLA_ALERT_NONE, "RFC 7469 4.3",
         "fewer than two pins are live: losing one key would lock everybody out",
         "add a backup pin, of a key that is not in use yet"},
    [BULLA_E_PIN_MISMATCH] = {"pin_mismatch", BULLA_ALERT_BAD_CERTIFICATE, "RFC 7469 2.6",
                              "no certificate of the chain matches a pin that is live",
                              "compare the pins that were seen with those that are configured; a "
                              "key may have been replaced"},

    [BULLA_E_PEER_SPEAKS_POSTGRESQL] =
        {"peer_speaks_postgresql", BULLA_ALERT_UNEXPECTED_MESSAGE, "RFC 8446 5.1",
         "the peer speaks PostgreSQL, which begins TLS only after an SSLRequest",
         "connect with a PostgreSQL client and sslmode=verify-full"},

    /* TLS 1.2. */
    [BULLA_E_EXTENDED_MASTER_SECRET_MISSING] =
        {"extended_master_secret_missing", BULLA_ALERT_HANDSHAKE_FAILURE, "RFC 7627 5.2",
         "the peer speaks TLS 1.2 without the extended master secret, which the config requires",
         "bring the peer up to date, or let TLS 1.3 be spoken"},
    [BULLA_E_EXTENDED_MASTER_SECRET_CHANGED] =
        {"extended_master_secret_changed", BULLA_ALERT_HANDSHAKE_FAILURE, "RFC 7627 5.3",
         "a session is to be resumed without the extended master secret that it began with, or the "
         "other way round",
         "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_RENEGOTIATION_REFUSED] = {"renegotiation_refused", BULLA_ALERT_NO_RENEGOTIATION,
                                       "RFC 5746 4.5", "the peer asked for a renegotiation",
                                       "open a new connection instead; for a client certificate on "
                                       "demand use TLS 1.3 or another port"},
    [BULLA_E_RENEGOTIATION_INFO_INVALID] =
        {"renegotiation_info_invalid", BULLA_ALERT_HANDSHAKE_FAILURE, "RFC 5746 3.4",
         "the peer's renegotiation_info is not empty in a first handshake",
         "somebody may be splicing connections together; look at what stands between"},
    [BULLA_E_RENEGOTIATION_INFO_MISSING] =
        {"renegotiation_info_missing", BULLA_ALERT_HANDSHAKE_FAILURE, "RFC 5746 4.1",
         "the TLS 1.2 server does not indicate secure renegotiation",
         "bring the server up to date: it is open to spliced connections"},
    [BULLA_E_FALLBACK_INAPPROPRIATE] =
        {"fallback_inappropriate", BULLA_ALERT_INAPPROPRIATE_FALLBACK, "RFC 7507 3",
         "the client fell back to an older version than both sides speak",
         "find what broke its first attempt: a middlebox, or somebody who wants the older version"},
    [BULLA_E_POINT_FORMAT_UNSUPPORTED] =
        {"point_format_unsupported", BULLA_ALERT_ILLEGAL_PARAMETER, "RFC 8422 5.1.2",
         "the peer's ec_point_formats leave uncompressed points out",
         "the peer is faulty; nothing to change here"},

    /* Resumption and early data. */
    [BULLA_E_PRE_SHARED_KEY_INVALID] =
        {"pre_shared_key_invalid", BULLA_ALERT_ILLEGAL_PARAMETER, "RFC 8446 4.2.11",
         "the peer's pre_shared_key contradicts itself or what was offered",
         "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_BINDER_INVALID] = {"binder_invalid", BULLA_ALERT_DECRYPT_ERROR, "RFC 8446 4.2.11.2",
                                "the binder of an offered session does not verify",
                                "the hello was altered, or the client does not hold the session"},
    [BULLA_E_SESSION_UNUSABLE] = {"session_unusable", BULLA_ALERT_NONE, "",
                                  "the session is not for this name and config, or is too old",
                                  "connect without it; a new one comes with the next handshake"},
    [BULLA_E_SESSION_MALFORMED] = {"session_malformed", BULLA_ALERT_INTERNAL_ERROR, "",
                                   "the stored session's bytes are not what this version writes",
                                   "drop it; a new one comes with the next full handshake"},
    [BULLA_E_EARLY_DATA_TOO_LONG] = {"early_data_too_long", BULLA_ALERT_UNEXPECTED_MESSAGE,
                                     "RFC 8446 4.2.10",
                                     "the client sent more early data than it was allowed",
                                     "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_EARLY_DATA_UNAVAILABLE] =
        {"early_data_unavailable", BULLA_ALERT_NONE, "RFC 8446 4.2.10",
         "no early data may be sent on this connection, or no more of it",
         "send after the handshake; early data needs a session of a server that takes it"},

    /* Policy. */
    [BULLA_E_WEAK_VERSION] =
        {"weak_version", BULLA_ALERT_INTERNAL_ERROR, "RFC 8996",
         "SSL and TLS below 1.2 are broken: BEAST, POODLE, SHA-1 and MD5 in the "
         "handshake's own signatures",
         "ask for TLS 1.2 or 1.3"},
    [BULLA_E_WEAK_SUITE] = {"weak_suite", BULLA_ALERT_INTERNAL_ERROR, "RFC 9325 4.2",
                            "the cipher suite has no forward secrecy, no authenticated encryption, "
                            "or no strength",
                            "take an ECDHE suite with AES-GCM or ChaCha20-Poly1305"},
    [BULLA_E_WEAK_GROUP] = {"weak_group", BULLA_ALERT_INTERNAL_ERROR, "RFC 9325 4.3",
                            "the group is too small, or its arithmetic too easy to get wrong",
                            "take X25519MLKEM768, X25519, P-256 or P-384"},
    [BULLA_E_WEAK_SIGNATURE_SCHEME] = {"weak_signature_scheme", BULLA_ALERT_INTERNAL_ERROR,
                                       "RFC 9155",
                                       "the signature scheme hashes with MD5, SHA-1 or SHA-224",
                                       "take ECDSA, Ed25519 or RSA with SHA-256 or better"},

    /* Certificate compression, channel bindings. */
    [BULLA_E_CERTIFICATE_COMPRESSION_ILLEGAL] =
        {"certificate_compression_illegal", BULLA_ALERT_ILLEGAL_PARAMETER, "RFC 8879 4",
         "the peer compressed its certificates with an algorithm that was not offered",
         "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_CERTIFICATE_DECOMPRESSION_FAILED] =
        {"certificate_decompression_failed", BULLA_ALERT_BAD_CERTIFICATE, "RFC 8879 4",
         "the peer's compressed certificates do not give the length that it promised",
         "the peer is faulty or hostile; nothing to change here"},
    [BULLA_E_CHANNEL_BINDING_UNDEFINED] = {"channel_binding_undefined", BULLA_ALERT_INTERNAL_ERROR,
                                           "RFC 9266 3",
                                           "this connection has no channel binding of that kind",
                                           "use tls-exporter over TLS 1.3"},

    /* TLS 1.2 again. */
    [BULLA_E_CERTIFICATE_REQUIRED_12] =
        {"certificate_required_12", BULLA_ALERT_HANDSHAKE_FAILURE, "RFC 5246 7.4.6",
         "the server requires a client certificate and the client sent none",
         "give the client a certificate and key (--cert, --key)"},
    [BULLA_E_CERTIFICATE_KIND_ILLEGAL] =
        {"certificate_kind_illegal", BULLA_ALERT_ILLEGAL_PARAMETER, "RFC 5246 7.4.2",
         "the server's key is not of the kind that the chosen cipher suite signs with",
         "the server is faulty; nothing to change here"},
    [BULLA_E_SESSION_NOT_OFFERED] =
        {"session_not_offered", BULLA_ALERT_ILLEGAL_PARAMETER, "RFC 5246 7.4.1.3",
         "the server goes on with a session that the client did not offer",
         "the server is faulty or hostile; nothing to change here"},
    [BULLA_E_SESSION_CHANGED] =
        {"session_changed", BULLA_ALERT_ILLEGAL_PARAMETER, "RFC 5246 7.4.1.3",
         "the server goes on with a session under another cipher suite than it began with",
         "the server is faulty or hostile; nothing to change here"},
    [BULLA_E_EARLY_DATA_DOWNGRADE] =
        {"early_data_downgrade", BULLA_ALERT_PROTOCOL_VERSION, "RFC 8446 D.3",
         "the server fell back to TLS 1.2 although its session promised to take early data",
         "try again: the session is forgotten, and the next connection sends nothing early"},
};

const bulla_cause_info *bulla_cause_about(bulla_cause cause) {
    if ((unsigned)cause >= BULLA_NUM_CAUSES || causes[cause].name == NULL) {
        cause = BULLA_E_INTERNAL;
    }
    return &causes[cause];
}

static const char *const alert_names[] = {
    [BULLA_ALERT_CLOSE_NOTIFY] = "close_notify",
    [BULLA_ALERT_UNEXPECTED_MESSAGE] = "unexpected_message",
    [BULLA_ALERT_BAD_RECORD_MAC] = "bad_record_mac",
    [BULLA_ALERT_RECORD_OVERFLOW] = "record_overflow",
    [BULLA_ALERT_HANDSHAKE_FAILURE] = "handshake_failure",
    [BULLA_ALERT_BAD_CERTIFICATE] = "bad_certificate",
    [BULLA_ALERT_UNSUPPORTED_CERTIFICATE] = "unsupported_certificate",
    [BULLA_ALERT_CERTIFICATE_REVOKED] = "certificate_revoked",
    [BULLA_ALERT_CERTIFICATE_EXPIRED] = "certificate_expired",
    [BULLA_ALERT_CERTIFICATE_UNKNOWN] = "certificate_unknown",
    [BULLA_ALERT_ILLEGAL_PARAMETER] = "illegal_parameter",
    [BULLA_ALERT_UNKNOWN_CA] = "unknown_ca",
    [BULLA_ALERT_ACCESS_DENIED] = "access_denied",
    [BULLA_ALERT_DECODE_ERROR] = "decode_error",
    [BULLA_ALERT_DECRYPT_ERROR] = "decrypt_error",
    [BULLA_ALERT_PROTOCOL_VERSION] = "protocol_version",
    [BULLA_ALERT_INSUFFICIENT_SECURITY] = "insufficient_security",
    [BULLA_ALERT_INTERNAL_ERROR] = "internal_error",
    [BULLA_ALERT_INAPPROPRIATE_FALLBACK] = "inappropriate_fallback",
    [BULLA_ALERT_USER_CANCELED] = "user_canceled",
    [BULLA_ALERT_NO_RENEGOTIATION] = "no_renegotiation",
    [BULLA_ALERT_MISSING_EXTENSION] = "missing_extension",
    [BULLA_ALERT_UNSUPPORTED_EXTENSION] = "unsupported_extension",
    [BULLA_ALERT_UNRECOGNIZED_NAME] = "unrecognized_name",
    [BULLA_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE] = "bad_certificate_status_response",
    [BULLA_ALERT_UNKNOWN_PSK_IDENTITY] = "unknown_psk_identity",
    [BULLA_ALERT_CERTIFICATE_REQUIRED] = "certificate_required",
    [BULLA_ALERT_NO_APPLICATION_PROTOCOL] = "no_application_protocol",
};

const char *bulla_alert_name(unsigned alert) {
    size_t num_names = sizeof(alert_names) / sizeof(alert_names[0]);
    return alert < num_names && alert_names[alert] != NULL ? alert_names[alert] : "unknown";
}
