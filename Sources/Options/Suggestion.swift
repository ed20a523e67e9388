/// "; did you mean --linger?", or nothing when no name is near.
func suggestion(for word: String, among known: [String]) -> String {
    let near = known.map { (name: $0, distance: editDistance(word, $0)) }.min { $0.distance < $1.distance }
    guard let near, near.distance <= max(1, word.utf8.count / 4) else { return "" }
    return "; did you mean \(near.name)?"
}

/// Levenshtein's distance over bytes, one row at a time.
func editDistance(_ a: String, _ b: String) -> Int {
    let a = Array(a.utf8), b = Array(b.utf8)
    var row = Array(0...b.count)
    for i in a.indices {
        var diagonal = row[0]
        row[0] = i + 1
        for j in b.indices {
            let substituted = diagonal + (a[i] == b[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
        }
    }
    return row[b.count]
}
