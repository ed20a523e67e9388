/// The fixed text that log lines are made of.
enum LogWords {
    /// What stands before and after a number.
    typealias Sentence = (before: [UInt8], after: [UInt8])

    static let usual: [Sentence] = [
        sentence("order ", " accepted"), sentence("payment ", " settled"), sentence("cart ", " updated"),
        sentence("cache refreshed with ", " entries"), sentence("query returned ", " rows"),
        sentence("job ", " finished"), sentence("connection ", " returned to the pool"),
        sentence("session ", " renewed"), sentence("invoice ", " written"), sentence("stock of item ", " counted"),
        sentence("mail ", " handed over"), sentence("report ", " rendered"),
    ]
    static let suspicious: [Sentence] = [
        sentence("query took ", " ms, which is slow"), sentence("retry ", " of the payment provider"),
        sentence("queue has grown to ", " entries"), sentence("certificate ends in ", " days"),
    ]
    static let bad: [Sentence] = [
        sentence("upstream timed out after ", " ms"), sentence("order ", " could not be stored: connection reset"),
        sentence("job ", " failed with exit code 1"), sentence("no space for upload ", " on the volume"),
    ]

    static let components = ["checkout", "billing", "catalog", "gateway", "search", "mailer"].map { Array($0.utf8) }
    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        .map { Array($0.utf8) }

    /// Lower-case words and spaces, for lines that are to be longer. The same in every run.
    static let filler: [UInt8] = {
        let words = """
            account active address agent archive available balance basket batch branch bucket buffer bundle campaign \
            carrier catalog channel checkout chunk client cluster collection column commit config contact content \
            context counter coupon courier currency customer dashboard delivery device digest discount document domain \
            draft edge element endpoint entry environment event export feature field filter folder format forward frame \
            function group handler header history host image import index inventory invoice item journal key label \
            language latency layer ledger library limit link list locale location lookup machine manager margin market \
            merchant message metric mirror mobile model module monitor network node number object offer option order \
            origin package page partition partner payload payment period pipeline policy pool price priority process \
            product profile project promotion provider quantity query quota range rate reader receipt record reference \
            refund region register release replica report request reservation response result return review role route \
            row rule sample schedule schema scope segment sender sequence series service session shard shipment signal \
            size snapshot source stage state status stock storage store stream subject summary supplier table target \
            task tenant terminal thread ticket token topic total trace tracking transfer type unit update upload user \
            value variant vendor version view volume voucher wallet warehouse window worker workflow zone
            """.split(separator: " ")
        var mix = NumberMix(seed: 1)
        var bytes: [UInt8] = []
        while bytes.count < fillerBytes + 64 {
            bytes += words[Int(mix.next() % UInt64(words.count))].utf8
            bytes.append(UInt8(ascii: " "))
        }
        return bytes
    }()
    static let fillerBytes = 64 << 10

    private static func sentence(_ before: String, _ after: String) -> Sentence {
        (Array(before.utf8), Array(after.utf8))
    }
}

/// Well-mixed numbers from a seed (splitmix64).
struct NumberMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    /// 0 ..< 1.
    mutating func fraction() -> Double { Double(next() >> 11) / Double(1 << 53) }
}
