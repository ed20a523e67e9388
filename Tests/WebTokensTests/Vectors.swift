/// Keys and signatures that others have made: RFC 7515, RFC 8037, and OpenSSL.
enum Vectors {
    // MARK: - From the RFCs

    /// RFC 7515, appendix A.1.
    static let rfcSecret =
        #"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#
    /// RFC 7515, appendix A.2.
    static let rfcRSA =
        #"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPM"#
        + #"EzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5"#
        + #"rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-D"#
        + #"WNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#
    /// RFC 7515, appendix A.3.
    static let rfcP256 =
        #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue6"#
        + #"59LNpXW6pCyStikYjKIWI5a0"}"#
    /// RFC 8037, appendix A.2.
    static let rfcEd25519 = #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#

    /// `{"iss":"joe","exp":1300819380,"http://example.com/is_root":true}`, with its line breaks.
    private static let rfcPayload =
        #"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"#
    static let rfcHS256 =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(rfcPayload).dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    static let rfcRS256 =
        "eyJhbGciOiJSUzI1NiJ9.\(rfcPayload)."
        + "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9"
        + "uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB"
        + "_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rq"
        + "Vt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    static let rfcES256 =
        "eyJhbGciOiJFUzI1NiJ9.\(rfcPayload)."
        + "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    /// RFC 8037, appendix A.4: its payload is a text.
    static let rfcEdDSA =
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
        + "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"

    // MARK: - From OpenSSL

    static let ed25519 =
        #"{"kty":"OKP","crv":"Ed25519","kid":"ed1","x":"hBNOQudZ7xfKkRx0UIv1ESN_V_YMhuqKMzajxidGEPE"}"#
    static let p256 =
        #"{"kty":"EC","crv":"P-256","kid":"ec1","x":"XorCfNUdSVRsEF4M-qTAiXqZUHWD7vR9QUVhuE3AD9s","y":"tJhStMq"#
        + #"I3K14y_kWA_xFYTRzyvG3tfkCf5ecyNCKivQ"}"#
    /// A curve that is not taken.
    static let p384 =
        #"{"kty":"EC","crv":"P-384","kid":"ec3","x":"wegJhaIjiXBbpClG4dW0fDBbTFW08Js8tsA41gLUXVeac7OzOjgFXjOS5"#
        + #"-NyvlMH","y":"8OLMoHqYTfYeeAIqBUzsPRUKt39DEIJd7yiVJ-8WRQSc_bR3Y0wisqe07tBU2afp"}"#
    static let rsa =
        #"{"kty":"RSA","kid":"rsa1","n":"mW5zpzxrj9_9RytmkrnbcVIEdVq5f2WRoNj_oqOplfgsyT-u_agEHjjQ6qpM6TJK5ZQeN"#
        + #"kQXIdb-nUzAak2Du47NTim9WHyFfjyM0CFt_x3mSbGwqAVtyQjIv0SGZj9vMxu879eguz-8LeS1Ld8kvOQa4ZFCsr9s4NMdX_W2u"#
        + #"8VWFRny-DPY6S4c78lc2vMTzvdgSk1hu3OENC1DZDuudff7Viq9JkCBTBFELGTa0ZuZ0lzZpyZn9ylY4KDIvC-ebkchvc8c9cpyY"#
        + #"JG0Ks083JKEq5uMD3bAuyJ1EIC4bJBz_wdFwy-yqSjq5JqE8GCWMxqzQ_sJemwLlm4DOkf_FQ","e":"AQAB"}"#
    /// An RSA key of 1024 bits.
    static let rsa1024 =
        #"{"kty":"RSA","kid":"weak","n":"w7qtE0ykv9ZvYXC5IeQdWJY3YZjGl9YG73S8_pE_mnyhTprtLJGYQqglBwdL0VFdaFu4r"#
        + #"CwBiBwwmTjlQbSD25CZDiBxo7EZNM_Fu5ZSuXOb-XUDyd8THjMd_-COUoHO496RbTJ4P6T2IW2IxQIiSewLwoEVS-RnCbKQ67aWf"#
        + #"bk","e":"AQAB"}"#

    /// `{"sub":"build-7","role":"operator","exp":4102444800,"agents":["web1"]}`
    private static let payload =
        "eyJzdWIiOiJidWlsZC03Iiwicm9sZSI6Im9wZXJhdG9yIiwiZXhwIjo0MTAyNDQ0ODAwLCJhZ2VudHMiOlsid2ViMSJdfQ"
    /// Names the key `ed1`.
    static let edDSA =
        "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6ImVkMSJ9.\(payload)."
        + "lw8YilKBqyGVIKMNDAawBJLXmW2eHpAEQ9Cf8AUYTicpLrYVqujSvuX7E36BsNv_WmDyLrpu4DwV6icCZVqNBA"
    /// Names the key `ec1`.
    static let es256 =
        "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImVjMSJ9.\(payload)."
        + "OPbKnJkUhmk22QQgwimZijyzhTzs40rARWFNEMhT6xMoP7M7DmOP5HehM_BW1GSRG8IxEpK1zgpNvwkjmga3PQ"
    /// Names the key `rsa1`.
    static let rs256 =
        "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6InJzYTEifQ.\(payload)."
        + "DSQSb17c9GPonYO66fZ64fASiMCURI0q1Uxpeq82ttqNlBCCJyudyvpbk_CC-3qXlMZdLkQUIufj4ijUPlJUHEG348rONjZujbvR"
        + "lK4h_ZMT_-DbQwnnRSZBz6Pi4Oj16Svy9byguv-fr9JL3cCyL6yQg8lh3pA8SiNTbyRQZmMpXZApSZdiBuM8lS6IHbXizjB_xpT2"
        + "dgPphImO2Mq5R96GUUuOfMksfelE8KVhdMjhacYree1170Gv2e-W-V6Yn9o7hJRY6pzDDeMYDZZbgD_TIBSPQeh2zz-yC2yv9K2c"
        + "SyHTIGi-cKOcfK9OsJSWa7FamLw46cEM4eHvimgJdg"

    static func set(_ keys: String...) -> [UInt8] { Array("{\"keys\":[\(keys.joined(separator: ","))]}".utf8) }
}
