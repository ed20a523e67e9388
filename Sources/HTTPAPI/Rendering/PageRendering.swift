import JSON
import Service

extension HTTPResponse {
    /// `{"<plural>":[…],"total":n,"page":1}`
    static func page<Item>(
        _ plural: String, _ page: Page<Item>, _ request: PageRequest, _ render: (Item, inout JSONWriter) -> Void
    ) -> HTTPResponse {
        .json {
            $0.object {
                $0.array(plural) { for item in page.items { render(item, &$0) } }
                $0.member("total", page.total)
                $0.member("page", request.page)
            }
        }
    }
}
