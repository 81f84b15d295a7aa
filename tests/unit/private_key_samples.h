/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys as openssl 3.0 writes them, for tests alone: `openssl genpkey`, then `openssl ec`,
 * `openssl rsa` and `openssl pkcs8 -topk8` with the options that each name tells. The password of
 * the encrypted ones is "clay". Each kind has one key in all of its formats, and beside it the
 * public half, in hexadecimal, by which a signature of the loaded key is verified. */
#ifndef TESTS_PRIVATE_KEY_SAMPLES_H
#define TESTS_PRIVATE_KEY_SAMPLES_H

#define P256_PKCS8                                                                                 \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqQ3BvCCfPI9m+Ufy\n"                           \
    "PXj9q9rTdBM05hwErWGHhW+SArWhRANCAATdyQmftdhpDM28OPRs6f4r6hVABpL2\n"                           \
    "5Nzp6yxSTmYOa+fz+zOTvvtdC6T7Ut8QeFnHvgono2/xCS4MopUZPX7g\n"                                   \
    "-----END PRIVATE KEY-----\n"

#define P256_SEC1                                                                                  \
    "-----BEGIN EC PRIVATE KEY-----\n"                                                             \
    "MHcCAQEEIKkNwbwgnzyPZvlH8j14/ava03QTNOYcBK1hh4VvkgK1oAoGCCqGSM49\n"                           \
    "AwEHoUQDQgAE3ckJn7XYaQzNvDj0bOn+K+oVQAaS9uTc6essUk5mDmvn8/szk777\n"                           \
    "XQuk+1LfEHhZx74KJ6Nv8QkuDKKVGT1+4A==\n"                                                       \
    "-----END EC PRIVATE KEY-----\n"

#define P256_SEC1_NO_PUBLIC                                                                        \
    "-----BEGIN EC PRIVATE KEY-----\n"                                                             \
    "MDECAQEEIKkNwbwgnzyPZvlH8j14/ava03QTNOYcBK1hh4VvkgK1oAoGCCqGSM49\n"                           \
    "AwEH\n"                                                                                       \
    "-----END EC PRIVATE KEY-----\n"

#define P256_SEC1_COMPRESSED_PUBLIC                                                                \
    "-----BEGIN EC PRIVATE KEY-----\n"                                                             \
    "MFcCAQEEIKkNwbwgnzyPZvlH8j14/ava03QTNOYcBK1hh4VvkgK1oAoGCCqGSM49\n"                           \
    "AwEHoSQDIgAC3ckJn7XYaQzNvDj0bOn+K+oVQAaS9uTc6essUk5mDms=\n"                                   \
    "-----END EC PRIVATE KEY-----\n"

/* As `openssl ecparam -genkey` writes it: the parameters in a block of their own first. */
#define P256_AFTER_PARAMETERS                                                                      \
    "-----BEGIN EC PARAMETERS-----\n"                                                              \
    "BggqhkjOPQMBBw==\n"                                                                           \
    "-----END EC PARAMETERS-----\n"                                                                \
    "-----BEGIN EC PRIVATE KEY-----\n"                                                             \
    "MHcCAQEEIKkNwbwgnzyPZvlH8j14/ava03QTNOYcBK1hh4VvkgK1oAoGCCqGSM49\n"                           \
    "AwEHoUQDQgAE3ckJn7XYaQzNvDj0bOn+K+oVQAaS9uTc6essUk5mDmvn8/szk777\n"                           \
    "XQuk+1LfEHhZx74KJ6Nv8QkuDKKVGT1+4A==\n"                                                       \
    "-----END EC PRIVATE KEY-----\n"

#define P256_POINT                                                                                 \
    "04ddc9099fb5d8690ccdbc38f46ce9fe2bea15400692f6e4dce9eb2c524e660e6be7f3fb3393befb"             \
    "5d0ba4fb52df107859c7be0a27a36ff1092e0ca295193d7ee0"

#define P384_PKCS8                                                                                 \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCqtALjtlcWpCDhZkaa\n"                           \
    "zBZhct5USQ/EYTQefpgXAqH7Ow48WxGjsFsFMOap4lsJOh2hZANiAAQlbeojuCmy\n"                           \
    "2jdhy78m0X65khLFWO/ty9Avcj0ir3eBdxyFCcHsIJt81dXPyNcJ3JptfXMHZFeI\n"                           \
    "z+Uc5g3oBUK94kPeo6jP7ZOLbmWBQl4v6Qx+whQ6CFyTL6i8DYtXdTU=\n"                                   \
    "-----END PRIVATE KEY-----\n"

#define P384_SEC1                                                                                  \
    "-----BEGIN EC PRIVATE KEY-----\n"                                                             \
    "MIGkAgEBBDCqtALjtlcWpCDhZkaazBZhct5USQ/EYTQefpgXAqH7Ow48WxGjsFsF\n"                           \
    "MOap4lsJOh2gBwYFK4EEACKhZANiAAQlbeojuCmy2jdhy78m0X65khLFWO/ty9Av\n"                           \
    "cj0ir3eBdxyFCcHsIJt81dXPyNcJ3JptfXMHZFeIz+Uc5g3oBUK94kPeo6jP7ZOL\n"                           \
    "bmWBQl4v6Qx+whQ6CFyTL6i8DYtXdTU=\n"                                                           \
    "-----END EC PRIVATE KEY-----\n"

#define P384_POINT                                                                                 \
    "04256dea23b829b2da3761cbbf26d17eb99212c558efedcbd02f723d22af7781771c8509c1ec209b"             \
    "7cd5d5cfc8d709dc9a6d7d7307645788cfe51ce60de80542bde243dea3a8cfed938b6e6581425e2f"             \
    "e90c7ec2143a085c932fa8bc0d8b577535"

#define P521_PKCS8                                                                                 \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIB2o8+25VfaDK7wOCK\n"                           \
    "7ki8KJ0f1eZvbGwY0W3YrBs3GmzrU8p6kY95tE1/6OegF4GrEEZFaYlLGq7/gEVp\n"                           \
    "8QwVcsmhgYkDgYYABACkJrNxqaN+hhsHdxDpvufHAxRWXKwxVRKo8HGhyXepkWOQ\n"                           \
    "CqXdvW1/TJtkPXRlU+OtV2gD4SuHxYQ2S3RnhB/IdQAS/xRIQQ4APs0JLA1RtnId\n"                           \
    "wgvakWsadn/7nAT0C2qi7p/hKUuQVNr4KdDJppUoCE+28ZUQC1ALBqUzHUJyQvGX\n"                           \
    "0A==\n"                                                                                       \
    "-----END PRIVATE KEY-----\n"

#define P521_POINT                                                                                 \
    "0400a426b371a9a37e861b077710e9bee7c70314565cac315512a8f071a1c977a99163900aa5ddbd"             \
    "6d7f4c9b643d746553e3ad576803e12b87c584364b7467841fc8750012ff1448410e003ecd092c0d"             \
    "51b6721dc20bda916b1a767ffb9c04f40b6aa2ee9fe1294b9054daf829d0c9a69528084fb6f19510"             \
    "0b500b06a5331d427242f197d0"

#define RSA_PKCS8                                                                                  \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDbmKh2lRBB4mKN\n"                           \
    "ixulkj9yZtxP9byEolJSiNpqrYaC6k2WXw2aiG6T2ECjSV57+/OY0FHvdvtVqcHi\n"                           \
    "ldJjzL1Ajl0ENCg69XFv//L0Lwhuu8C5YvSjYciOls5kUL1kFsbbCwgrh9bmgy3j\n"                           \
    "vEmypqXwtSpGd9qM7ZoT8neDADe45Tm9849K/Zgur1EJWGbSiK5n9Mm/cwWUSR5G\n"                           \
    "P66kgqNBHS62j4xFmMcumIL6QxpPgja7rFpCn7YyPdEtKpJSx/QOSAawggfsw2HA\n"                           \
    "SDfUhf1r+0occwdKk2bpNdXg9DzTX0UD7zmp2PwdF1nlt4dMTQCblC4IGweKfO06\n"                           \
    "qFXvSmKrAgMBAAECggEAEkS61K0MK0ovyoVLzJq3X+3FUhRoIjab/gheXbXHtQtt\n"                           \
    "+F6gmjFtO/jatvRxgYOeQ9SM0UAHCVANwUTKhtZV2WseiBN/IOYhxK04o1TOveH6\n"                           \
    "I57jKdZs+2PGkgGsVKL9pX2SjyCGLpFNZFINMk+uPWSs7cWmlZPMsVa6Cr8Elum5\n"                           \
    "GzvOGw1Qja/+PJMbyfE7SNqXn61H+k2fbdx0JqtWDui9m3CqtNfXv2l0rlMjp+9+\n"                           \
    "1I4gtzfUYv+uyGlqGGXdMQW2k18u8TEZNSpx1qlZyrYB0RRNDxPZGbsedQbyX8gX\n"                           \
    "DMILTqyvGq13MEU3xkTUtjn5r6aGC/G4n7KqLCWQ/QKBgQDx/YhrhO0LMF+ZXeC3\n"                           \
    "8mH6UCYKppLasUjyw3xc4PtMAdkMwhzXxCjSKmbQ7Mtt8qWE9drIQA5/M2QC0e+k\n"                           \
    "bWzpDeuu6WXzzhqOnABR4q29ZyXMni4RBmpjLTk9SIrSDdibESLHxNSq/Acn0mLj\n"                           \
    "h7A7s9TME6vcQ1fMHGcpWTNQHwKBgQDoTzrP/FCWPkoMhvtZgDCGa9CVXGG55+N6\n"                           \
    "tG6fXAmAc8GqFzNCFjImxqygi1KzysemrM7ZLmumrgxmeYjgv4Ram8eNzd9/VPXW\n"                           \
    "4YctrmsyLbP93MrcKR5tamEKnM545OXfLakxdBnzJaW+Ad0Apivt5gBhiSSdcb5a\n"                           \
    "N/BtmBar9QKBgQC3kZ9SCNUU3s42dnuIrsraasBg5fmTAleXKOoHPvgCsYgoYHwm\n"                           \
    "xXw96cJzDJ5JOn+LPEGKFOWqYp6kcQL8VbH/nPrDhfQ8HYYR1o97jpxDiKKo9Pl3\n"                           \
    "GsnLkDvSnFwKekxtXXNn3Y2CY4s+Dx/LAFyU/ZcYdHezsDZC9Ozg9fSx+wKBgFdf\n"                           \
    "nUYmpwSrLtyhVB3oedfE6zGSCmuKjONUw5qKWkSGxRs9GJlNkdVFuh2z6QoYRZkp\n"                           \
    "u66xp+mL4rwUD+g///64QojSGrJgeQo1zsrepBC+YckkZuQBTyFl9lOwgHO128Ni\n"                           \
    "ABXKjgwGZ90cBEw/M5yJejE1DKFu62IxUetWXYiVAoGBAMWzDH4RYCt8F+2INW0B\n"                           \
    "VVWFYHoiF7NJp152p2M31twekle2qvPSh+L5YJ5iWUusPCsr2m/RwaPItBZFpGTN\n"                           \
    "k37WZq1U66vN8Y0f/kbFmSq2KI6yDDVRPclXYm3VBqrO/iuPSf8/K4qC0ofHCP3W\n"                           \
    "ha4C511XECYmhbUIi1nYCk6A\n"                                                                   \
    "-----END PRIVATE KEY-----\n"

#define RSA_PKCS1                                                                                  \
    "-----BEGIN RSA PRIVATE KEY-----\n"                                                            \
    "MIIEpAIBAAKCAQEA25iodpUQQeJijYsbpZI/cmbcT/W8hKJSUojaaq2GgupNll8N\n"                           \
    "mohuk9hAo0lee/vzmNBR73b7VanB4pXSY8y9QI5dBDQoOvVxb//y9C8IbrvAuWL0\n"                           \
    "o2HIjpbOZFC9ZBbG2wsIK4fW5oMt47xJsqal8LUqRnfajO2aE/J3gwA3uOU5vfOP\n"                           \
    "Sv2YLq9RCVhm0oiuZ/TJv3MFlEkeRj+upIKjQR0uto+MRZjHLpiC+kMaT4I2u6xa\n"                           \
    "Qp+2Mj3RLSqSUsf0DkgGsIIH7MNhwEg31IX9a/tKHHMHSpNm6TXV4PQ8019FA+85\n"                           \
    "qdj8HRdZ5beHTE0Am5QuCBsHinztOqhV70piqwIDAQABAoIBABJEutStDCtKL8qF\n"                           \
    "S8yat1/txVIUaCI2m/4IXl21x7ULbfheoJoxbTv42rb0cYGDnkPUjNFABwlQDcFE\n"                           \
    "yobWVdlrHogTfyDmIcStOKNUzr3h+iOe4ynWbPtjxpIBrFSi/aV9ko8ghi6RTWRS\n"                           \
    "DTJPrj1krO3FppWTzLFWugq/BJbpuRs7zhsNUI2v/jyTG8nxO0jal5+tR/pNn23c\n"                           \
    "dCarVg7ovZtwqrTX179pdK5TI6fvftSOILc31GL/rshpahhl3TEFtpNfLvExGTUq\n"                           \
    "cdapWcq2AdEUTQ8T2Rm7HnUG8l/IFwzCC06srxqtdzBFN8ZE1LY5+a+mhgvxuJ+y\n"                           \
    "qiwlkP0CgYEA8f2Ia4TtCzBfmV3gt/Jh+lAmCqaS2rFI8sN8XOD7TAHZDMIc18Qo\n"                           \
    "0ipm0OzLbfKlhPXayEAOfzNkAtHvpG1s6Q3rrull884ajpwAUeKtvWclzJ4uEQZq\n"                           \
    "Yy05PUiK0g3YmxEix8TUqvwHJ9Ji44ewO7PUzBOr3ENXzBxnKVkzUB8CgYEA6E86\n"                           \
    "z/xQlj5KDIb7WYAwhmvQlVxhuefjerRun1wJgHPBqhczQhYyJsasoItSs8rHpqzO\n"                           \
    "2S5rpq4MZnmI4L+EWpvHjc3ff1T11uGHLa5rMi2z/dzK3CkebWphCpzOeOTl3y2p\n"                           \
    "MXQZ8yWlvgHdAKYr7eYAYYkknXG+WjfwbZgWq/UCgYEAt5GfUgjVFN7ONnZ7iK7K\n"                           \
    "2mrAYOX5kwJXlyjqBz74ArGIKGB8JsV8PenCcwyeSTp/izxBihTlqmKepHEC/FWx\n"                           \
    "/5z6w4X0PB2GEdaPe46cQ4iiqPT5dxrJy5A70pxcCnpMbV1zZ92NgmOLPg8fywBc\n"                           \
    "lP2XGHR3s7A2QvTs4PX0sfsCgYBXX51GJqcEqy7coVQd6HnXxOsxkgpriozjVMOa\n"                           \
    "ilpEhsUbPRiZTZHVRbods+kKGEWZKbuusafpi+K8FA/oP//+uEKI0hqyYHkKNc7K\n"                           \
    "3qQQvmHJJGbkAU8hZfZTsIBztdvDYgAVyo4MBmfdHARMPzOciXoxNQyhbutiMVHr\n"                           \
    "Vl2IlQKBgQDFswx+EWArfBftiDVtAVVVhWB6IhezSadedqdjN9bcHpJXtqrz0ofi\n"                           \
    "+WCeYllLrDwrK9pv0cGjyLQWRaRkzZN+1matVOurzfGNH/5GxZkqtiiOsgw1UT3J\n"                           \
    "V2Jt1Qaqzv4rj0n/PyuKgtKHxwj91oWuAuddVxAmJoW1CItZ2ApOgA==\n"                                   \
    "-----END RSA PRIVATE KEY-----\n"

/* The exponent is 65537. */
#define RSA_MODULUS                                                                                \
    "db98a876951041e2628d8b1ba5923f7266dc4ff5bc84a2525288da6aad8682ea4d965f0d9a886e93"             \
    "d840a3495e7bfbf398d051ef76fb55a9c1e295d263ccbd408e5d0434283af5716ffff2f42f086ebb"             \
    "c0b962f4a361c88e96ce6450bd6416c6db0b082b87d6e6832de3bc49b2a6a5f0b52a4677da8ced9a"             \
    "13f277830037b8e539bdf38f4afd982eaf51095866d288ae67f4c9bf730594491e463faea482a341"             \
    "1d2eb68f8c4598c72e9882fa431a4f8236bbac5a429fb6323dd12d2a9252c7f40e4806b08207ecc3"             \
    "61c04837d485fd6bfb4a1c73074a9366e935d5e0f43cd35f4503ef39a9d8fc1d1759e5b7874c4d00"             \
    "9b942e081b078a7ced3aa855ef4a62ab"

#define ED25519_PKCS8                                                                              \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MC4CAQAwBQYDK2VwBCIEICTN3jpzH4Anl1QqNFXrZqjsXCNF312+FRCSE2ZTiodv\n"                           \
    "-----END PRIVATE KEY-----\n"

#define ED25519_PUBLIC "c375aac6639feb01e6d36f0d413af41c90cf48e12f1dbab604be3ebe5faa8631"

/* The P-256 key, encrypted. */

#define P256_ENCRYPTED_AES128_SHA1                                                                 \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                                                      \
    "MIHeMEkGCSqGSIb3DQEFDTA8MBsGCSqGSIb3DQEFDDAOBAiwBCWaYZbUPgICCAAw\n"                           \
    "HQYJYIZIAWUDBAECBBA41MobxXvzIaUmqVXbHrooBIGQnWXA7O+hy5qFCFWjYh9D\n"                           \
    "eNtczwQ4hhRS40qrW7Npb/12Tf5uGXu1GRGb1aOvIqEW5zO4ivJOKKKN1B0mTAzP\n"                           \
    "xRrfFjooxa1YUCsVR8pYSlkTGn6lfzp7miwn9tZV9TSfOm3k16q2uHhinysJ1+3a\n"                           \
    "LCv7JVLdHJm9sB5bGYkhetiLi/1Yb+MB9mAwPngkCpUr\n"                                               \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

#define P256_ENCRYPTED_AES192_SHA384                                                               \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                                                      \
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAi8MAB6OQ4SrwICCAAw\n"                           \
    "DAYIKoZIhvcNAgoFADAdBglghkgBZQMEARYEEBACXIp4cUmfdCfHV+keVwcEgZDq\n"                           \
    "+Lr1xqi2Y15rObB+1Fdca0lrH1fbeoByMOfnQUo9Z/Zpib6/AjMBKLg8cxn4L216\n"                           \
    "Tt6eYujIjAklGNKKU10jzQadJgqSC346HGIFW+dCeVj+6iUiiseA8K6ZCDUolRQ1\n"                           \
    "NdwyR03QOk5zlUM/gwhqbef6MizyHuo769tVz18mP6/MQcuoaC20MzvHXZrfMgI=\n"                           \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

#define P256_ENCRYPTED_AES256_SHA256                                                               \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                                                      \
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgCjgmHYuKWTQICCAAw\n"                           \
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEDQPf9r7rNUvdLOD6q7vw2YEgZAV\n"                           \
    "mdxhX+UuyPz2uhQL+nk9tYufux00zJPsWd3YNETc/zyXrXGqnriVloGlZ9z5a6ma\n"                           \
    "7dmzfwaX3JEi3qaTK7tob9uducdgCSqQgsWSUl3knDT5L6mQHZvad3LjWIAVpt71\n"                           \
    "Pwry6w2EkOWvovOW5BRIir7efDtmjaM9+WPrg6Nx64X1I5C2sEqc4TkRRWBsN5k=\n"                           \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

#define P256_ENCRYPTED_AES256_SHA512                                                               \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                                                      \
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiqcbNVAuGf5QICCAAw\n"                           \
    "DAYIKoZIhvcNAgsFADAdBglghkgBZQMEASoEENaZzcnK9RWdRh3Jt1xHpDQEgZAZ\n"                           \
    "6Non3vsfcdnZ9OCiVFbgYtoiUF7t9HSSHW30TMmih4pW1467T946hZAwZxCLT2Du\n"                           \
    "gw9V/NZidmbazuyd4EaK7obGCUTHKontu1eHfib+z77dr3gEsXJMHzcR81ZD2IZk\n"                           \
    "153ZDgEHHTA9SVKYLcFUvr2pqpVn7H4Ac6cUec+yqrXbw4GPJKTraWpCe/Fxqvk=\n"                           \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

#define P256_ENCRYPTED_SCRYPT                                                                      \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                                                      \
    "MIHkME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAgCGN60gMID4gICBAAC\n"                           \
    "AQgCAQEwHQYJYIZIAWUDBAEqBBDGGrHvV2snxVEwt8sfvCIdBIGQYhRsIVLX8Ums\n"                           \
    "heogim3XIhuaO5ERX+s0Oik3UbURFiHPiEZVyXt51eqFpIbLaVG8rTW3aWpSpNQb\n"                           \
    "GDSyT2SIP0T92zTQ/ZlJJ31PA00wQnXWABUgZnjO1aHRPoPuhX6euNRN9VcszA/B\n"                           \
    "JIZmiRtdkzv/TP/yprUuswCFT3WWYpRLLkES9vdh5AEd8JQkaln/\n"                                       \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

/* What is refused. */

#define P256_ENCRYPTED_DES3                                                                        \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                                                      \
    "MIHjME4GCSqGSIb3DQEFDTBBMCkGCSqGSIb3DQEFDDAcBAi1GUMyVvU22gICCAAw\n"                           \
    "DAYIKoZIhvcNAgkFADAUBggqhkiG9w0DBwQI98oDbYpStBYEgZBqElkHdhp8ldTn\n"                           \
    "h55SA0ifsJv6KBCbvwIUkkefGmEdNj90eWheQ3Tn2r+jI2mHOWj8dUnDTtvvIdXK\n"                           \
    "heyRDP87ji2ECQyiPvg6a4+WiiVBLHXm49efbF8obsOVWHuwN32StnCxVXPGpguO\n"                           \
    "P7hQNct2wibtTfN6Rn/xNJaQAsDoZ9+vo3QnFzuTe3PMX7EikPI=\n"                                       \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

#define P256_ENCRYPTED_PBES1                                                                       \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                                                      \
    "MIGxMBwGCiqGSIb3DQEMAQMwDgQI7S/lFhoMXRMCAggABIGQQxTDcFetqkV5aIRj\n"                           \
    "oQw8hm1UiOjmEYMrPrI+xMXiN4m2TQcFdWNSO3hWRrebkf9rP+isaEB/PJLyrIRn\n"                           \
    "G31AVeXGWF+6rDFRr3Q0N6Ztaf359ygTXEHtyGyT/+zANDeU3TVjmA6TOhUrkwTQ\n"                           \
    "YrqnmbsuYa2t5yJk4Z9TP31QmpBLyLK+g8fjUf6k+/UGeMts\n"                                           \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

#define P256_ENCRYPTED_RFC1421                                                                     \
    "-----BEGIN EC PRIVATE KEY-----\n"                                                             \
    "Proc-Type: 4,ENCRYPTED\n"                                                                     \
    "DEK-Info: AES-128-CBC,C2E87029F58D600A4BF5DF3A7ABB221F\n"                                     \
    "\n"                                                                                           \
    "L48DBDo+/ITZb2md6ijqZzpY2/0PIOHh/xTkp/T5uiPDfX4+h9QgTh8rrXqK+f4D\n"                           \
    "h1MMWZsJPnvqUv46PLBOHfevZ7RQ/sGiHhCqh/RzeJGoGMowxVv/IXh2NYVnEyc3\n"                           \
    "dg6ieUx5B+QfR5ClKCAQ08Ge7ZHFqPlc9+894A1aqUk=\n"                                               \
    "-----END EC PRIVATE KEY-----\n"

#define P256_PKCS8_EXPLICIT_CURVE                                                                  \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MIIBeQIBADCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAAB\n"                           \
    "AAAAAAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA\n"                           \
    "///////////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMV\n"                           \
    "AMSdNgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg\n"                           \
    "9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8A\n"                           \
    "AAAA//////////+85vqtpxeehPO5ysL8YyVRAgEBBG0wawIBAQQgqQ3BvCCfPI9m\n"                           \
    "+UfyPXj9q9rTdBM05hwErWGHhW+SArWhRANCAATdyQmftdhpDM28OPRs6f4r6hVA\n"                           \
    "BpL25Nzp6yxSTmYOa+fz+zOTvvtdC6T7Ut8QeFnHvgono2/xCS4MopUZPX7g\n"                               \
    "-----END PRIVATE KEY-----\n"

#define P256_SEC1_EXPLICIT_CURVE                                                                   \
    "-----BEGIN EC PRIVATE KEY-----\n"                                                             \
    "MIIBaAIBAQQgqQ3BvCCfPI9m+UfyPXj9q9rTdBM05hwErWGHhW+SArWggfowgfcC\n"                           \
    "AQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////////////\n"                           \
    "MFsEIP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57Pr\n"                           \
    "vVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG5wSTamZ44ROdJreBn36QBEEE\n"                           \
    "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54W\n"                           \
    "K84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA//////////+85vqtpxeehPO5ysL8\n"                           \
    "YyVRAgEBoUQDQgAE3ckJn7XYaQzNvDj0bOn+K+oVQAaS9uTc6essUk5mDmvn8/sz\n"                           \
    "k777XQuk+1LfEHhZx74KJ6Nv8QkuDKKVGT1+4A==\n"                                                   \
    "-----END EC PRIVATE KEY-----\n"

#define SECP256K1_PKCS8                                                                            \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgs6bB/gwbzAQCnMMeJ5z9\n"                           \
    "28KYbvTJ1mTMj7jCow3G6IChRANCAAS56ZqrkRJbo9p9jB9pIFkkSm133614hyc8\n"                           \
    "VnN8LgaXash/eZ/aI+jQX8uS1gALFZYZwdNKODZH3n3Va5VGuLDZ\n"                                       \
    "-----END PRIVATE KEY-----\n"

#define ED448_PKCS8                                                                                \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MEcCAQAwBQYDK2VxBDsEOVzdL9uvUdRd/28+X3SSME3u9PmSep6QrT9ktZeL2d1l\n"                           \
    "MQjK68PStuNyhEHeEW34UXBchl+4FgMWbw==\n"                                                       \
    "-----END PRIVATE KEY-----\n"

#define X25519_PKCS8                                                                               \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MC4CAQAwBQYDK2VuBCIEILh4STwfLy9VCgcFdzLWRza3CvN1KSyU7+4UyJWb4TVz\n"                           \
    "-----END PRIVATE KEY-----\n"

#define RSA_PSS_PKCS8                                                                              \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MIICdgIBADALBgkqhkiG9w0BAQoEggJiMIICXgIBAAKBgQDRPyGKDMkBZKXqdBDc\n"                           \
    "4dndCJZfii7sa0OrOkitD2Kuh6YFPv+pDL5/UzwroDqqAJhnjWssaYxHIlJsWUW3\n"                           \
    "J8Y0XUuTtIeUW72uin8cV8qHRhmGumbB8UiEM/PMuhlXPMB98wSTVwYpxwcieeLJ\n"                           \
    "RRxJ7K5LVB54MuP07mc3wBdodQIDAQABAoGBAIyGVlLtBSz/WAHdktmUgAjWVI6z\n"                           \
    "MZIq81YSHW7ED2TgyplpVq9EVMcTsiwmPl+faLramahI9iFrpmkHhy9a8dtOvUaO\n"                           \
    "8PpMXP5gBiHnyckMWOTXcsa08GrmLy8QnWOXrhyE6rPT50OLcf0rqq0g7RaaeKVN\n"                           \
    "vi842iDed+JZOcKBAkEA/dyKkmVqL682n/BzLzA5p1WUAkKriCitjNJhM0Qxj6oo\n"                           \
    "n0mNlY0RS5OgywUNQc5I586tlXZVWH20b8Sr0qJpVQJBANMCYGh5glkCoKwOcWz7\n"                           \
    "npEvL2aFUIw/0AHHltBhD50m38mua3EDa4964NYrO/LF5scYa8vo36NKzkACsZye\n"                           \
    "gqECQQCVpq8hwhso5RdEjdC5Hqq+FFreQkMwTxqQC201dZvp3xt3WzrV0IVDklGV\n"                           \
    "nPLFuj+MN3BozYteUSxPPxczYn7JAkEAx0HkRmQP+fvoO/G7nH2ThGg5a6eSo44S\n"                           \
    "38tZGFe/xdgS1cHWhbcEGE6iCLx09NF7FyFxkfHLVcjrMTkZ/dsVYQJAQWEe7XsS\n"                           \
    "l5eofsD3gMchdi5cJ1E9n/bxIvPcS8bMTvn1Odh1sDop8BkrfLNu6aVhkgFxzqLr\n"                           \
    "MTmccF8Yg04TLA==\n"                                                                           \
    "-----END PRIVATE KEY-----\n"

#define RSA_THREE_PRIMES_PKCS1                                                                     \
    "-----BEGIN RSA PRIVATE KEY-----\n"                                                            \
    "MIICfQIBAQKBgQCQUCkmp1aFoP4PgGjwq+EaXASPFx+TyW1dR1tZ8lhXYjSnj5+m\n"                           \
    "8HsEfFrqHFsDYxnUh3oFJRjSeTMt9F5biEpfDJw1Qlu8eGjAtpwENq3kJ+jWS2UL\n"                           \
    "CsFAzI8Cf63ZY9G2gS8+evMahhje+BrupyrG0DM5Asio48UQpNNlVNG/uQIDAQAB\n"                           \
    "AoGAeSuFUdpBUJQbngJwmluG9y35+fctYVZISIDol/5e5Igls+do4q+aaurLE7dw\n"                           \
    "WmngIGIYb9l3yQgvryUyf/fh4WBB82TO5j/n37h6khUBf20ftluS7VATA6xXBKJz\n"                           \
    "DApYGLMGMawbVbSv8aQh657ShQm2MX8KNQ8WcpqrM5OCfSECKzU/ugdC/fVD4t3x\n"                           \
    "AKNuZkgawQ2S1X17sPOVbu4KM1xMCYjzzA/fiVmAUYcCKxjwX/GUGcNZWCdo+nJu\n"                           \
    "YV446yXi2T5Tq53xGvuqUZ/jkwRYIvwzhulgcJkCKyMlees7G5bchQzK+wnkX5xu\n"                           \
    "FEiaR1G457YPRxXVI8ti4NRFXsaHXAf4O1cCKw8vZiwx0pIZN80fZcgBn/YAUGZM\n"                           \
    "P51s0wWjxptQtMzXhDBT/lF0ioRV/ZkCKxsVXaKITS3cDmuLup0EeLoQRIdzt58/\n"                           \
    "vgJ/4Gad8/Eslnj/QQapaO+oYScwgYowgYcCKxvR6N0ecsFlauRnNz1gNSjQ4h9y\n"                           \
    "APFH3tdDQRqNJObtWKeDM6gjk6zsrxcCKw3k4TMGEPQLzb3y2sDZetM+t6BS1Kus\n"                           \
    "ZFwIJ8y171cx9NP8j+EKm6eCsdMCKxBnvMI4kh4+dI9dtaQvWlImq30QIzxF0Y2q\n"                           \
    "KbmNfBCboJ6N+QjSHl5ZwJU=\n"                                                                   \
    "-----END RSA PRIVATE KEY-----\n"

#endif
