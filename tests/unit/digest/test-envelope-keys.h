/* SPDX-License-Identifier: Apache-2.0 */
/* Keys for tests alone: everybody has them. Made with `openssl req -x509 -newkey ... -nodes`. */
#pragma once

#define RSA_CERTIFICATE                                                      \
	"-----BEGIN CERTIFICATE-----\n"                                      \
	"MIIDATCCAemgAwIBAgIUEqN0KASoo6zGZMxBPX3FrrI9MCEwDQYJKoZIhvcNAQEL\n" \
	"BQAwDzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjMyMTA4NTZaGA8yMTI2MTAzMDIx\n" \
	"MDg1NlowDzENMAsGA1UEAwwEdGVzdDCCASIwDQYJKoZIhvcNAQEBBQADggEPADCC\n" \
	"AQoCggEBAN1EeMkadsURm6vI+wTPy8f3ahiH4q2fpTdkCIksijC2w4XkJ4K6Av5/\n" \
	"CeKqeD+4w68t7JrHfs7/6M5EblcXpLFUojOQEudJqxXO0jCD+xdHPZPnStuSPSKC\n" \
	"NogN/ahc2ScbKtRGO4apBNMHw+Q6g9lrevd+iOUw1ZYehiN3OYeeZ5WOlRdDrxJt\n" \
	"YHm/N+KHuVnxy1Dq/pRKof8Jpuatf3n1qzAyYWo5KDW2mXLG7xXbffPF9y/60RzV\n" \
	"D6akX9j3CL5cnwmYef2KLtfPhyEOlwf4v5ajTOBJorhxMuJHr2F77IBDIiglR2Wp\n" \
	"hrKhkNPfdyDad3pwte3SEc0Je3to87kCAwEAAaNTMFEwHQYDVR0OBBYEFO2uyAC5\n" \
	"rDttbSRBpDUAWr2GodyvMB8GA1UdIwQYMBaAFO2uyAC5rDttbSRBpDUAWr2Godyv\n" \
	"MA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEBAMiKG/Rl/2XWGhhN\n" \
	"cfaqBFXOAdQQO1Y8HX79j8nYROIWmMDqxfQy+/MIawBxMn5d8fg3kSnR+RM88PeZ\n" \
	"vnmjkxN1+99GxnmplttwJ8pAcoleg2hVyrSfqajjFYE3KgLVqbY+jxJipaLFSZAm\n" \
	"WWGB6MMEx2k+A7dE8tyaTQcVpuq3a92IyTe0fDp1li/R6au/aOwS4eTWdKLxrCOh\n" \
	"6PxnX/X46kZsEfgUxgifE7A5xBrFACFt/2OQLeQsSAei3YUuhTu7MHyz6uIpkZ9x\n" \
	"nPanCbAsWfNs13pCpmOV+QbWcFjxVQX+8YRE6hcT/U+JsvOtoceoNU2c74CbHSVG\n" \
	"jvhavgU=\n"                                                         \
	"-----END CERTIFICATE-----\n"

#define RSA_KEY                                                              \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDdRHjJGnbFEZur\n" \
	"yPsEz8vH92oYh+Ktn6U3ZAiJLIowtsOF5CeCugL+fwniqng/uMOvLeyax37O/+jO\n" \
	"RG5XF6SxVKIzkBLnSasVztIwg/sXRz2T50rbkj0igjaIDf2oXNknGyrURjuGqQTT\n" \
	"B8PkOoPZa3r3fojlMNWWHoYjdzmHnmeVjpUXQ68SbWB5vzfih7lZ8ctQ6v6USqH/\n" \
	"CabmrX959aswMmFqOSg1tplyxu8V233zxfcv+tEc1Q+mpF/Y9wi+XJ8JmHn9ii7X\n" \
	"z4chDpcH+L+Wo0zgSaK4cTLiR69he+yAQyIoJUdlqYayoZDT33cg2nd6cLXt0hHN\n" \
	"CXt7aPO5AgMBAAECggEANY8G66rPt/kApO7TsAD6cy9Uy5ZMzLkZfVRl6opQ8uSy\n" \
	"ZDzrQW30HpUyl96ql8YJ++PSY07Jx6JTQGZ5DPTIpTH2xyNnJ/wBgRhccWjpBOP2\n" \
	"KFByor59tNYvC/TTAwdieuBNGC/d5cUQyWIWTS7KznyBOdozmcKd2KYP0xLfZo+C\n" \
	"fioDtbLtoGNXc1CvwtiZF06Dsbcin6e3vOEgUMCWx4Sg9OP1Qeh/NHivmOX8ATAA\n" \
	"FRboWnU9su1184rMY4mkt+L1QLbiGmLVnjxdHDVsZ77dVOTfRcuy6bFD0XWX0AoX\n" \
	"zMgnl14QuOggiMWnEBAnyrjDKMNszetrqGrJ6GdXJwKBgQD1ZADLhgiB3mdPTWBS\n" \
	"b8q8uvw7E3wnwSk91BpHl61jJXYHeGadqInXDPVq5IFBqXZdKzVDtRF9VLlB7EFV\n" \
	"zi6i+lKKCSheqx/rE/cM9FA9qmCB/0JI+0jQp+nEiT5YqjJdIUH4g4YOblFdTAXI\n" \
	"kbsSxLDeoacNspesUlizslF8JwKBgQDm1Xjf/sePny2p2W3MVmL4zD93RXK07EBU\n" \
	"NLuZeIIRHNdbM/f6wYT0LKdUBJvB4hpoAXFQcgSfIkJXo/3n0RcQhq5cfzSJlhj2\n" \
	"iXvn7QofJ38xlKofz1zwacicZq6sQnfepDIP1quhhctH4OFzhiafEiNajALpm4rN\n" \
	"FfO0x8GdHwKBgD6PVDSO4zRYwvXQwDHEFmevNAbLnOd1s1Hz9Q8zeBzCvCiDZYXk\n" \
	"JeARia/KublHvslZ7qZoTyEorGJGHRIHEpSyRMC0PPqFngmMeXtv/dT6zsfVj8yT\n" \
	"Y6juZgaZBrAME/LyO6NjxJWBQnUKoJ7VqF/MjVr002YGlex0wfBuEaAZAoGAV4bG\n" \
	"SJkA7nJ7DBZHzd1Lte8seXs53WRfmA5OvAi3uOlot0pjUw+h7DwqTm9Y6BFl1d4G\n" \
	"K2ywV+7TnQuvsQDVcAzBfI03TJw/ZuwGsZBt8BY34oLuZxVntjlGOhetT9/8N82m\n" \
	"td6+QYbL57tbgURyzIpCIYlJaW7zGISkXf4Iah0CgYEA64Msn3Pqed5trdDo6nAb\n" \
	"sQ0kFObOd4uHr7c65KC/YzJsm/M+qE0BE5UtdDTDHtCy72s8H191B5+Xi222QQxt\n" \
	"ziszNcdq0o3Mkj2rlGeJOh/hiY50z617axlULiQheCn2r63oawkiIT2a8wukJgMv\n" \
	"94gHh2s6IMNsi/+aGiheWd0=\n"                                         \
	"-----END PRIVATE KEY-----\n"

#define EC_CERTIFICATE                                                       \
	"-----BEGIN CERTIFICATE-----\n"                                      \
	"MIIBdTCCARugAwIBAgIUMA2Kl1WaYYKADl+gcxjdMmEF6E0wCgYIKoZIzj0EAwIw\n" \
	"DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjMyMTA4NTZaGA8yMTI2MTAzMDIxMDg1\n" \
	"NlowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABN1Z\n" \
	"lDhIdiAtjeyAP2pOfvPJ8Kg/iCJdDiFcYlYSPFn+2rNrWn1KS8QgSq4UHEQclr2V\n" \
	"aDSwpD2I2k3dgQSLUi+jUzBRMB0GA1UdDgQWBBSRNDbItWyqy1oEGELeNSc3OzHx\n" \
	"MTAfBgNVHSMEGDAWgBSRNDbItWyqy1oEGELeNSc3OzHxMTAPBgNVHRMBAf8EBTAD\n" \
	"AQH/MAoGCCqGSM49BAMCA0gAMEUCIHgwQOxQHZFHo29mumCkD9Wa+pDwIgBsc4w9\n" \
	"/oqkXYJxAiEAjV8ASgYqRVa3sV+JCq7jiLV3QcAVcQx2fJBTSe6wQ6Q=\n"         \
	"-----END CERTIFICATE-----\n"

#define EC_KEY                                                               \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3C66Mr5CcylbDEPl\n" \
	"y0KfuS+uiEKpbsGP7wcF5nBrmQChRANCAATdWZQ4SHYgLY3sgD9qTn7zyfCoP4gi\n" \
	"XQ4hXGJWEjxZ/tqza1p9SkvEIEquFBxEHJa9lWg0sKQ9iNpN3YEEi1Iv\n"         \
	"-----END PRIVATE KEY-----\n"

#define SHORT_CERTIFICATE                                                    \
	"-----BEGIN CERTIFICATE-----\n"                                      \
	"MIIB/DCCAWWgAwIBAgIUCtuyZs7nOBzbIL/AhcdLI0/KqL0wDQYJKoZIhvcNAQEL\n" \
	"BQAwDzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjMyMTA4NTZaGA8yMTI2MTAzMDIx\n" \
	"MDg1NlowDzENMAsGA1UEAwwEdGVzdDCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkC\n" \
	"gYEAx08ykQZ0JeUok9+RQWrMbnYZS1552xrjXegDEmcbfj3Th6pqig3pwZlUcu//\n" \
	"9qrY5v94MI8q1cHuonNINNttpykoIiU7Fo1EOQz7QzxxV1Aky6SrFE8CuM0CJSzg\n" \
	"/Tv9kC0CpERVp5TItNp1KmtUwDWaBJHiC5GTBoWcnEwBlQUCAwEAAaNTMFEwHQYD\n" \
	"VR0OBBYEFKm5+HglQwvpp0QuoQL9oqvrVy4KMB8GA1UdIwQYMBaAFKm5+HglQwvp\n" \
	"p0QuoQL9oqvrVy4KMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADgYEA\n" \
	"UcJ2KtqTLwjyqSS9RvB13LGrwEchM7mwvp3qhXAgRthuU3JEmjjabgyzOBpuzKaY\n" \
	"ruT1yuBllKU3hBwQtnakHAntTUT43XV0bAx7nld+V7ZxPblV3SuOluO5G0OJfMl/\n" \
	"snyceAf5RNGk9rV0NSfb1z/8Q1M2Pym7KW1QVbGGstA=\n"                     \
	"-----END CERTIFICATE-----\n"

#define ED25519_CERTIFICATE                                                  \
	"-----BEGIN CERTIFICATE-----\n"                                      \
	"MIIBNDCB56ADAgECAhQVetyJ/otjTRNyxxmyrCHmCcB+RTAFBgMrZXAwDzENMAsG\n" \
	"A1UEAwwEdGVzdDAgFw0yNjExMjMyMTA4NTZaGA8yMTI2MTAzMDIxMDg1NlowDzEN\n" \
	"MAsGA1UEAwwEdGVzdDAqMAUGAytlcAMhAFgxQvhrXSyInJ6ycGyfPyV9+1EazW3G\n" \
	"8/9TjU50e6Smo1MwUTAdBgNVHQ4EFgQUOZaoXA5Ljqbf4nkz/Y48gR1NgWgwHwYD\n" \
	"VR0jBBgwFoAUOZaoXA5Ljqbf4nkz/Y48gR1NgWgwDwYDVR0TAQH/BAUwAwEB/zAF\n" \
	"BgMrZXADQQByHfLoNP5IqqT+QMsByDHGTFZFBnRlZAfH/pw7grHWbxLwrXqDR5sD\n" \
	"GkcFVuir9tkLt2b5dj1oilRVHQcY7OcL\n"                                 \
	"-----END CERTIFICATE-----\n"
