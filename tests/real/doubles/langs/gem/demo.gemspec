Gem::Specification.new do |spec|
  spec.name = "demo"
  spec.version = "1.0"
  spec.summary = "Doubles a number"
  spec.authors = ["Nobody"]
  spec.files = Dir["lib/**/*.rb", "ext/**/*.{c,rb}"]
  spec.extensions = ["ext/demo/extconf.rb"]
end
