/// Which part of a list is wanted.
package struct PageRequest: Sendable, Equatable {
    /// From 1.
    package var page: Int
    package var perPage: Int

    package static let defaultPerPage = 100
    package static let perPageRange = 1...1_000
    /// Keeps `offset` far from overflowing.
    package static let pageRange = 1...1_000_000_000

    package init(page: Int = 1, perPage: Int = defaultPerPage) {
        self.page = page
        self.perPage = perPage
    }

    /// How many items come before the page.
    package var offset: Int { (page - 1) * perPage }

    /// The page of a list that is at hand as a whole.
    package func slice<Item>(_ items: [Item]) -> Page<Item> {
        Page(items: Array(items.dropFirst(offset).prefix(perPage)), total: items.count)
    }
}

/// One page, and how many items there are on all pages.
package struct Page<Item: Sendable>: Sendable {
    package var items: [Item]
    package var total: Int

    package init(items: [Item], total: Int) {
        self.items = items
        self.total = total
    }
}
