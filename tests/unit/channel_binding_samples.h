/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for "server.example" and the P-256 key of private_key_samples.h, issued by
 * `openssl x509 -req` with the signatures that their names tell; and the SHA-256 of the first, by
 * `openssl x509 -outform der | openssl dgst -sha256`. For tests alone. */
#ifndef TESTS_CHANNEL_BINDING_SAMPLES_H
#define TESTS_CHANNEL_BINDING_SAMPLES_H

#include <stdint.h>

static const char sample_ecdsa_sha256[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBezCCASKgAwIBAgIBBzAKBggqhkjOPQQDAjAXMRUwEwYDVQQDDAxlY2RzYV9z\n"
    "aGEyNTYwHhcNMjYxMTIzMTYyMjI4WhcNMzYxMTIwMTYyMjI4WjAZMRcwFQYDVQQD\n"
    "DA5zZXJ2ZXIuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABN3JCZ+1\n"
    "2GkMzbw49Gzp/ivqFUAGkvbk3OnrLFJOZg5r5/P7M5O++10LpPtS3xB4Wce+Ciej\n"
    "b/EJLgyilRk9fuCjXTBbMBkGA1UdEQQSMBCCDnNlcnZlci5leGFtcGxlMB0GA1Ud\n"
    "DgQWBBRGy0lDirP7s3bWqOPJcv/nUG4yEjAfBgNVHSMEGDAWgBTj7SFdD0nSdpdq\n"
    "b8NLTBicWt5i7zAKBggqhkjOPQQDAgNHADBEAiADDt9oyTxJV9f8v4Ip7vCn4LqU\n"
    "2a4HAKjlYhcafQRpFAIgLfU/b4BRCyFTSIZ2QZQmJpvrE1qJF62iztt0zmZnYic=\n"
    "-----END CERTIFICATE-----\n";

static const char sample_ecdsa_sha384[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBmzCCASKgAwIBAgIBBzAKBggqhkjOPQQDAzAXMRUwEwYDVQQDDAxlY2RzYV9z\n"
    "aGEzODQwHhcNMjYxMTIzMTYyMjI4WhcNMzYxMTIwMTYyMjI4WjAZMRcwFQYDVQQD\n"
    "DA5zZXJ2ZXIuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABN3JCZ+1\n"
    "2GkMzbw49Gzp/ivqFUAGkvbk3OnrLFJOZg5r5/P7M5O++10LpPtS3xB4Wce+Ciej\n"
    "b/EJLgyilRk9fuCjXTBbMBkGA1UdEQQSMBCCDnNlcnZlci5leGFtcGxlMB0GA1Ud\n"
    "DgQWBBRGy0lDirP7s3bWqOPJcv/nUG4yEjAfBgNVHSMEGDAWgBStOKeEoSGdzcXX\n"
    "wswgSId5eWmn9jAKBggqhkjOPQQDAwNnADBkAjA0q8ypyBoAAaap8UKUBKlNBdiJ\n"
    "txCV4IJRfIb8fKJxwbnPWVgUlAtIoWypvmVawJgCMFNUqcF66btmRtu5XdCaiZ2s\n"
    "8u6HY3m33JIG6ebzfRORJq82V5ma6BJEm1GleuqqhA==\n"
    "-----END CERTIFICATE-----\n";

static const char sample_rsa_sha512[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIICOzCCASOgAwIBAgIBBzANBgkqhkiG9w0BAQ0FADAVMRMwEQYDVQQDDApyc2Ff\n"
    "c2hhNTEyMB4XDTI2MTEyMzE2MjIyOFoXDTM2MTEyMDE2MjIyOFowGTEXMBUGA1UE\n"
    "AwwOc2VydmVyLmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATdyQmf\n"
    "tdhpDM28OPRs6f4r6hVABpL25Nzp6yxSTmYOa+fz+zOTvvtdC6T7Ut8QeFnHvgon\n"
    "o2/xCS4MopUZPX7go10wWzAZBgNVHREEEjAQgg5zZXJ2ZXIuZXhhbXBsZTAdBgNV\n"
    "HQ4EFgQURstJQ4qz+7N21qjjyXL/51BuMhIwHwYDVR0jBBgwFoAUGhveevIYUfgr\n"
    "K01nbNy6JyNwxJwwDQYJKoZIhvcNAQENBQADggEBACQLctoM498fQdz3y8J3L7+L\n"
    "lR2VaBQ2dYQARzN/BPNPJyGfrJWDedSRHYSF0+3QLBCHKSW+NmWynsRzWJXhqiBU\n"
    "Z1G0nPgGFKls8+rphi/Wx3B98CxxYvVctv+/Z8XbSk+MaWZsbw0mCKwi7XviburF\n"
    "p93pO79/cqF3Pnh3uIDPwfJhMiLnXft0BNt0zwAo3IhoT79mPsYmt2d357aPc46w\n"
    "P8sqZvckTS6WoquMjnBhpO4gmlAxLO+kgU8VwS27iJOfjV2w0Ij9sGaKDVgGKrBD\n"
    "beJ9EAtW9tkHfNqiTrdaA/H1ohS+MGmwZvXzqdTa/om/ElX11mimNNqUrET9USk=\n"
    "-----END CERTIFICATE-----\n";

static const char sample_pss_sha384[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIICozCCAVegAwIBAgIBBzBBBgkqhkiG9w0BAQowNKAPMA0GCWCGSAFlAwQCAgUA\n"
    "oRwwGgYJKoZIhvcNAQEIMA0GCWCGSAFlAwQCAgUAogMCATAwFTETMBEGA1UEAwwK\n"
    "cHNzX3NoYTM4NDAeFw0yNjExMjMxNjIyMjhaFw0zNjExMjAxNjIyMjhaMBkxFzAV\n"
    "BgNVBAMMDnNlcnZlci5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
    "3ckJn7XYaQzNvDj0bOn+K+oVQAaS9uTc6essUk5mDmvn8/szk777XQuk+1LfEHhZ\n"
    "x74KJ6Nv8QkuDKKVGT1+4KNdMFswGQYDVR0RBBIwEIIOc2VydmVyLmV4YW1wbGUw\n"
    "HQYDVR0OBBYEFEbLSUOKs/uzdtao48ly/+dQbjISMB8GA1UdIwQYMBaAFBob3nry\n"
    "GFH4KytNZ2zcuicjcMScMEEGCSqGSIb3DQEBCjA0oA8wDQYJYIZIAWUDBAICBQCh\n"
    "HDAaBgkqhkiG9w0BAQgwDQYJYIZIAWUDBAICBQCiAwIBMAOCAQEAKf7k+Yy0Arz5\n"
    "Dplcjs9iebu4NO0wWXsdlO+MG2dcpuBfl8F66dIHseCBP6El2LQ5b52QVvNUrTiH\n"
    "RniHSz1O2PDsZDLM03bSIwtTQ42d5IGyu2yRm4V3l+THecnCjizfKkVJdJxxcrsR\n"
    "Y56xdT6koX6jpNVHL2E2IgXP1nYh0Co500LQkMBdnJAcq/cpy0qSpEry9D0X7J2C\n"
    "pthJlsrrgI6KLh8SY1qXEbOy0ckD1QZ5TYE5+Pek8ZiVwC893fIqNU2eJfU6C+z6\n"
    "2cFfT04pC7hLdmhiOnGMhIj15ewY9+FYxxEGbfcA708mbjq4RA/7zmyqPk6hwTQx\n"
    "xeY+yiaWEQ==\n"
    "-----END CERTIFICATE-----\n";

static const char sample_rsa_sha1[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIICOTCCASGgAwIBAgIBBzANBgkqhkiG9w0BAQUFADATMREwDwYDVQQDDAhyc2Ff\n"
    "c2hhMTAeFw0yNjExMjMxNjIyMjlaFw0zNjExMjAxNjIyMjlaMBkxFzAVBgNVBAMM\n"
    "DnNlcnZlci5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE3ckJn7XY\n"
    "aQzNvDj0bOn+K+oVQAaS9uTc6essUk5mDmvn8/szk777XQuk+1LfEHhZx74KJ6Nv\n"
    "8QkuDKKVGT1+4KNdMFswGQYDVR0RBBIwEIIOc2VydmVyLmV4YW1wbGUwHQYDVR0O\n"
    "BBYEFEbLSUOKs/uzdtao48ly/+dQbjISMB8GA1UdIwQYMBaAFBob3nryGFH4KytN\n"
    "Z2zcuicjcMScMA0GCSqGSIb3DQEBBQUAA4IBAQCje9GB0bmRAWvsc9GrdxyEX/ya\n"
    "ZoZHPEtSUMldrrpKnas8Qh2sVtq9XdoUw7//+hhHGFgMaWtfQ/cfaFlLkliVMJpH\n"
    "PQga+Xbx4ofr57dbPCRjHEebSy1yhMSv/gsVTlaTlEsTIsiengqcGIei2oycxLeq\n"
    "8TuPJGH485ylKah0M6WSrEAS3ejbMCpslp+odyvK1XY/h99EVnvO+oBWRsxgCpXw\n"
    "pvdgNusuyfdY9yjbKQAPn96aAgX2p0reXcSuv/vXzTz9T7srEY8HI8/Y0V315vcF\n"
    "DckDIN/+q2aore4wgIOAIPpkSb6nIFhxwvmpMaWJ8axTeC+S7k145PAThGzQ\n"
    "-----END CERTIFICATE-----\n";

static const char sample_ecdsa_sha1[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBeDCCAR+gAwIBAgIBBzAJBgcqhkjOPQQBMBUxEzARBgNVBAMMCmVjZHNhX3No\n"
    "YTEwHhcNMjYxMTIzMTYyMjI5WhcNMzYxMTIwMTYyMjI5WjAZMRcwFQYDVQQDDA5z\n"
    "ZXJ2ZXIuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABN3JCZ+12GkM\n"
    "zbw49Gzp/ivqFUAGkvbk3OnrLFJOZg5r5/P7M5O++10LpPtS3xB4Wce+Ciejb/EJ\n"
    "LgyilRk9fuCjXTBbMBkGA1UdEQQSMBCCDnNlcnZlci5leGFtcGxlMB0GA1UdDgQW\n"
    "BBRGy0lDirP7s3bWqOPJcv/nUG4yEjAfBgNVHSMEGDAWgBTj7SFdD0nSdpdqb8NL\n"
    "TBicWt5i7zAJBgcqhkjOPQQBA0gAMEUCIQCd1ive1Jf6BnNII/OLANpsxZ0xndlJ\n"
    "YFZkH5E4nS89CQIgInrByY+PjFtgVlSSLiYRxLMlbx8Y6HGjMjlhdGA0u4M=\n"
    "-----END CERTIFICATE-----\n";

static const char sample_rsa_md5[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIICODCCASCgAwIBAgIBBzANBgkqhkiG9w0BAQQFADASMRAwDgYDVQQDDAdyc2Ff\n"
    "bWQ1MB4XDTI2MTEyMzE2MjIyOVoXDTM2MTEyMDE2MjIyOVowGTEXMBUGA1UEAwwO\n"
    "c2VydmVyLmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATdyQmftdhp\n"
    "DM28OPRs6f4r6hVABpL25Nzp6yxSTmYOa+fz+zOTvvtdC6T7Ut8QeFnHvgono2/x\n"
    "CS4MopUZPX7go10wWzAZBgNVHREEEjAQgg5zZXJ2ZXIuZXhhbXBsZTAdBgNVHQ4E\n"
    "FgQURstJQ4qz+7N21qjjyXL/51BuMhIwHwYDVR0jBBgwFoAUGhveevIYUfgrK01n\n"
    "bNy6JyNwxJwwDQYJKoZIhvcNAQEEBQADggEBAHyuvdO9bbRyVgUlXMd/jEKSy42g\n"
    "WMPUC9Wm/cqHb27cHd+bhESpu1eQDiGL06dG4rHjxXJlSDJ253tjuDWZnhNAEp4Y\n"
    "KTDev7yqIbbraoJPrhQEP4pq834OASud0tLKcM0axFX0AD1Bw06EjkBDHfcNtU+O\n"
    "HidpFe+fTS9HLnyihEzVrGy8r6/wZxXwltGtEHBHhqeRpJ9BC0DIqgFil0aZLbpG\n"
    "h9zyShREgay9O2aafwfj72SvKyUdAxxtXU/h47GXBa+rnkcpdMG60a1+qcYDl6+M\n"
    "4A7icAtXdixrBPUEtdVS1q5zpl2hiEppAKzEgx92YwxcDRB3uZQ6Xr9qVbY=\n"
    "-----END CERTIFICATE-----\n";

static const char sample_ed25519[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBZjCCARigAwIBAgIBBzAFBgMrZXAwEjEQMA4GA1UEAwwHZWQyNTUxOTAeFw0y\n"
    "NjExMjMxNjIyMzBaFw0zNjExMjAxNjIyMzBaMBkxFzAVBgNVBAMMDnNlcnZlci5l\n"
    "eGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE3ckJn7XYaQzNvDj0bOn+\n"
    "K+oVQAaS9uTc6essUk5mDmvn8/szk777XQuk+1LfEHhZx74KJ6Nv8QkuDKKVGT1+\n"
    "4KNdMFswGQYDVR0RBBIwEIIOc2VydmVyLmV4YW1wbGUwHQYDVR0OBBYEFEbLSUOK\n"
    "s/uzdtao48ly/+dQbjISMB8GA1UdIwQYMBaAFGkMFO6//JhwuZsEl5PAyOExnV2J\n"
    "MAUGAytlcANBALCAN1GPFGCrz7uG+IyPv0IdUYiNvbSO2wccoK+U+2awV3714KLK\n"
    "QgX13UULepniImTW/HxNd2vDcTCoqKqXAA8=\n"
    "-----END CERTIFICATE-----\n";

static const char sample_rsa_sha224[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIICOzCCASOgAwIBAgIBBzANBgkqhkiG9w0BAQ4FADAVMRMwEQYDVQQDDApyc2Ff\n"
    "c2hhMjI0MB4XDTI2MTEyMzE2MjIzMFoXDTM2MTEyMDE2MjIzMFowGTEXMBUGA1UE\n"
    "AwwOc2VydmVyLmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATdyQmf\n"
    "tdhpDM28OPRs6f4r6hVABpL25Nzp6yxSTmYOa+fz+zOTvvtdC6T7Ut8QeFnHvgon\n"
    "o2/xCS4MopUZPX7go10wWzAZBgNVHREEEjAQgg5zZXJ2ZXIuZXhhbXBsZTAdBgNV\n"
    "HQ4EFgQURstJQ4qz+7N21qjjyXL/51BuMhIwHwYDVR0jBBgwFoAUGhveevIYUfgr\n"
    "K01nbNy6JyNwxJwwDQYJKoZIhvcNAQEOBQADggEBADKo8EPZ2EVHUCM33CMZJm9R\n"
    "x1CeC3NCHJSg1dUfl7CBbc+RC3dkAZSqYWcAWZmH51sQ52T1IEVN0HU+cPa03SP1\n"
    "9ilV58skk/it0lK443PbZKrIWEWh7+PYW/IegJ3zBNI4KYCpVT9770XIWfc+CjZj\n"
    "7YFHKSdv/vkid3kUBXdZmy5FNJa8kCUkvRUmJREHIMraIFypm2fP9UeOb3XBRdeV\n"
    "nvyQo1QaRIa1fkv4nSFYUbjIbDNwOPkDSFKqkAGtdEeRG25GmhLxg8ghjFK6c4m1\n"
    "5gc/7t0cte5PcX8kjmkMOmz+zKYbBLp64U3oNVdh8DXoauLPZ/Sr04T+zqNZRM8=\n"
    "-----END CERTIFICATE-----\n";

static const uint8_t sample_ecdsa_sha256_digest[32] = {
    0x29, 0xb2, 0x90, 0x8b, 0xa1, 0x24, 0x1d, 0xc4, 0x51, 0xd4, 0x7c, 0x1b, 0x57, 0x37, 0x46, 0xc0,
    0x6b, 0xf1, 0x4b, 0x72, 0xc1, 0xbf, 0x2d, 0xa7, 0x8e, 0x98, 0xf7, 0x47, 0xbc, 0x7d, 0x8a, 0x70};

#endif
