package Demo;
our $VERSION = '1.0';
require XSLoader;
XSLoader::load('Demo', $VERSION);

=head1 NAME

Demo - doubles a number

=cut

1;
